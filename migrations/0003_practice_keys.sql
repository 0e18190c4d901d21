-- The key that inquiries are sealed to, and its private half wrapped for each holder. Written by src/staff/keys.rs.

-- Exactly one row once the program has started: the public key that is in use.
CREATE TABLE practice_keys (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    public_key TEXT    NOT NULL CHECK (public_key GLOB 'age1*'),
    made_at    INTEGER NOT NULL
) STRICT;

-- A holder is `setup`, `recovery` or `staff:<id>`. Salt and cost are what Argon2id needs to derive the wrapping key again.
CREATE TABLE practice_key_copies (
    holder     TEXT    PRIMARY KEY CHECK (holder IN ('setup', 'recovery') OR holder GLOB 'staff:[1-9]*'),
    wrapped    BLOB    NOT NULL,
    salt       BLOB    NOT NULL CHECK (length(salt) = 16),
    memory_kib INTEGER NOT NULL,
    passes     INTEGER NOT NULL,
    lanes      INTEGER NOT NULL,
    made_at    INTEGER NOT NULL
) STRICT;
