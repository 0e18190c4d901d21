-- The people who may read inquiries. Written by src/staff/.

CREATE TABLE staff (
    -- AUTOINCREMENT: the id of somebody who left is never given to another, since wrapped keys are bound to it.
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    -- In small letters.
    email               TEXT    NOT NULL UNIQUE,
    name                TEXT    NOT NULL,
    -- SHA-256 of the sign-in value; null where nobody may sign in.
    sign_in_hash        BLOB    CHECK (length(sign_in_hash) = 32),
    -- The seed of the codes, encrypted under the person's wrapping key.
    second_factor       BLOB,
    -- When a first code showed that the app has the seed; null until then.
    second_factor_since INTEGER,
    -- The 30-second step of the last code used, so that no code is used twice.
    last_step           INTEGER,
    added_at            INTEGER NOT NULL,
    disabled_at         INTEGER
) STRICT;

CREATE TABLE sessions (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    staff_id       INTEGER NOT NULL REFERENCES staff ON DELETE CASCADE,
    -- SHA-256 of the cookie; the cookie itself is nowhere.
    token_hash     BLOB    NOT NULL UNIQUE CHECK (length(token_hash) = 32),
    -- The practice's private key, encrypted under a key derived from the cookie.
    wrapped        BLOB    NOT NULL,
    -- A seed that waits for its first code, encrypted under the same key.
    enrolling      BLOB,
    -- What a recovery code that was just shown ends with, hashed with the cookie; null when nothing is to be typed back.
    recovery_check BLOB,
    -- Roughly which device, such as "Firefox on Windows".
    device         TEXT    NOT NULL,
    started_at     INTEGER NOT NULL,
    seen_at        INTEGER NOT NULL,
    ends_at        INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_staff ON sessions (staff_id);

-- Browsers that somebody has signed in from.
CREATE TABLE devices (
    token_hash BLOB    PRIMARY KEY CHECK (length(token_hash) = 32),
    staff_id   INTEGER NOT NULL REFERENCES staff ON DELETE CASCADE,
    seen_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX devices_by_staff ON devices (staff_id);

CREATE TABLE invitations (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    -- Derived from the code, which itself is nowhere.
    lookup     BLOB    NOT NULL UNIQUE CHECK (length(lookup) = 32),
    -- The practice's private key, encrypted under another key derived from the code.
    wrapped    BLOB    NOT NULL,
    email      TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    invited_by INTEGER NOT NULL REFERENCES staff,
    made_at    INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL
) STRICT;

-- When somebody showed that the recovery code was written down; null until then.
ALTER TABLE practice_keys ADD COLUMN recovery_kept_at INTEGER;
