-- A request for a consultation. What the person typed is only in `answers`, sealed for the practice.
CREATE TABLE inquiries (
    id               INTEGER PRIMARY KEY,
    reference        TEXT    NOT NULL UNIQUE,
    -- A digest of the form's token and the answers, so that sending twice stores once.
    submission_key   BLOB    NOT NULL UNIQUE,
    received_at      INTEGER NOT NULL,
    reply_by         INTEGER NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN
        ('new', 'contacted', 'call-booked', 'waitlist', 'became-client', 'referred-out', 'closed', 'spam')),
    -- Why it may be spam: words of ours, separated by spaces.
    suspicion        TEXT,
    answers          BLOB    NOT NULL,
    first_contact_at INTEGER,
    last_activity_at INTEGER NOT NULL,
    next_step_at     INTEGER,
    closed_at        INTEGER,
    close_reason     TEXT,
    keep_until       INTEGER,
    version          INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE INDEX inquiries_by_status ON inquiries (status, received_at);

-- The timeline of an inquiry.
CREATE TABLE events (
    id         INTEGER PRIMARY KEY,
    inquiry_id INTEGER NOT NULL REFERENCES inquiries ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    -- The person of the practice, or null for the site itself.
    staff_id   INTEGER,
    kind       TEXT    NOT NULL,
    -- A note, sealed like the answers.
    sealed     BLOB
) STRICT;

CREATE INDEX events_by_inquiry ON events (inquiry_id, at);
