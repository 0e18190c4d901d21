-- What the views of the inbox are ordered by, so that neither a page nor the way to the next request reads the sealed
-- answers of all of them.
CREATE INDEX inquiries_in_order ON inquiries (status, reply_by, last_activity_at, reference);
