-- What is known of the way that emails take to the practice, also while no email has to go. Written by src/outbox/way.rs.
CREATE TABLE mail_way (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    -- When the other side last took an email, or would have.
    open_at      INTEGER,
    -- Since when a walk without an email ends too early; null where the last one came through.
    closed_since INTEGER,
    -- When the last walk was; null where another one is wanted at once.
    walked_at    INTEGER,
    -- How far that walk came, what the server said there without addresses, and whether it refused for good.
    stage        TEXT,
    reply        TEXT,
    refused      INTEGER NOT NULL DEFAULT 0 CHECK (refused IN (0, 1))
) STRICT;

INSERT INTO mail_way (id) VALUES (1);
