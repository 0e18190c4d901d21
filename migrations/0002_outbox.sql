-- Emails to the practice that no mail server has accepted yet. A row goes when the server has accepted it, never before.
-- Nothing private is in it: subject and body are the program's own words.
CREATE TABLE outbox (
    -- An id is never used again, so that a late note about one email can't meet another.
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    created_at INTEGER NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    -- The same at every attempt, so that a copy can be recognized.
    message_id TEXT NOT NULL UNIQUE,
    attempts INTEGER NOT NULL DEFAULT 0,
    -- The wait for the next attempt: when it began (at first: created_at) and when it ends.
    waits_since INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    -- What the server said last, without addresses.
    last_reply TEXT,
    -- 1: the server refused for good (5xx); it is asked again only now and then.
    refused INTEGER NOT NULL DEFAULT 0 CHECK (refused IN (0, 1))
) STRICT;
