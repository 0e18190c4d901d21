-- For what every accepted email asks: does anything wait after a failure?
CREATE INDEX outbox_failed ON outbox (due_at) WHERE attempts > 0;
