-- So that looking for what is due reads no texts, however many emails wait.
CREATE INDEX outbox_by_due ON outbox (due_at, waits_since, attempts, topic, parcel);
-- For what every accepted email asks: does anything wait after a failure?
CREATE INDEX outbox_failed ON outbox (due_at) WHERE attempts > 0;
-- Each request had to write into it at a place of its own, and only erasing asks it: the few emails that wait are read through.
DROP INDEX outbox_by_about;
