-- The Message-ID that an email with a topic was tried under, alone or in a digest. Another attempt keeps it and what it
-- tells of, even where the program was killed in between, so that whoever gets both sees that they are one.
ALTER TABLE outbox ADD COLUMN parcel TEXT;

CREATE INDEX outbox_by_parcel ON outbox (parcel) WHERE parcel IS NOT NULL;
