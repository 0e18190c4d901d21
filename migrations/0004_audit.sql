-- The ledger: who saw or changed what. Written by src/audit.rs alone, and only ever added to.
CREATE TABLE audit (
    -- AUTOINCREMENT keeps the highest number, so that rows missing at the end are noticed too.
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    at         INTEGER NOT NULL,
    -- `staff:<id>`, `system`, `stranger` or `operator`.
    actor      TEXT    NOT NULL,
    event      TEXT    NOT NULL,
    -- The reference of an inquiry, or `staff:<id>`.
    target     TEXT,
    request_id TEXT,
    outcome    TEXT    NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    detail     TEXT,
    -- SHA-256 over the hash of the row before and this row.
    hash       BLOB    NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE INDEX audit_by_target ON audit (target, seq);
CREATE INDEX audit_by_actor ON audit (actor, seq);

CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the ledger is only added to');
END;

CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the ledger is only added to');
END;
