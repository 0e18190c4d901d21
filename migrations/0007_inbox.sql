-- What the inbox needs to show, refuse and take back a change.

-- More about an event, in words of ours: from which status to which, which kind of contact, which day.
ALTER TABLE events ADD COLUMN detail TEXT;
-- The version of the inquiry after this event; null for what came before there were any.
ALTER TABLE events ADD COLUMN version INTEGER;
-- How the row of the inquiry stood before, as JSON; null where the event can't be taken back. Nothing typed is in it.
ALTER TABLE events ADD COLUMN before TEXT;
-- When it was taken back; what was typed with it is gone then.
ALTER TABLE events ADD COLUMN undone_at INTEGER;
