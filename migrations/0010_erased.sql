-- What was erased is looked up in the ledger each minute, to keep the list of it beside the copies whole.
CREATE INDEX audit_erased ON audit (at) WHERE event = 'erased';
