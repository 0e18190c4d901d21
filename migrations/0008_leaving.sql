-- Emails of one topic may be joined into one digest: `line` is what the digest says of this one. `about` names what it
-- tells of, so that it can be withdrawn. The outbox understands none of them.
ALTER TABLE outbox ADD COLUMN topic TEXT;
ALTER TABLE outbox ADD COLUMN line TEXT;
ALTER TABLE outbox ADD COLUMN about TEXT;

CREATE INDEX outbox_by_about ON outbox (about) WHERE about IS NOT NULL;

-- When each regular task was last done, so that a restart does none twice. Written by src/app/housekeeping.rs and what it runs.
CREATE TABLE housekeeping (
    name TEXT    PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT;
