-- Erasure of users from events.

CREATE TABLE event_erasure (
    requested_at    timestamptz NOT NULL DEFAULT now(),
    done_at         timestamptz,
    events          bigint      NOT NULL DEFAULT 0,
    rejects         bigint      NOT NULL DEFAULT 0,
    erasure_id      integer     NOT NULL GENERATED ALWAYS AS IDENTITY,
    client_id       smallint    NOT NULL REFERENCES event_client,
    user_ids        integer[]   NOT NULL,

    CONSTRAINT event_erasure_pkey PRIMARY KEY (erasure_id),
    CONSTRAINT event_erasure_of_somebody CHECK (cardinality(user_ids) > 0)
);
-- Those that are looked over again (finish_erasures).
CREATE INDEX event_erasure_open_idx ON event_erasure (requested_at) WHERE done_at IS NULL;
COMMENT ON TABLE event_erasure IS 'Users that were erased. The numbers lead to nobody: the row of event_user is gone, and so are the properties of all their events. Counts and days stay.';
COMMENT ON COLUMN event_erasure.requested_at IS 'When it was asked for; the id went at once.';
COMMENT ON COLUMN event_erasure.done_at IS 'When the events were looked over again, after every transaction had ended that could have stored one meanwhile; NULL until then.';
COMMENT ON COLUMN event_erasure.events IS 'Events whose properties were removed.';
COMMENT ON COLUMN event_erasure.rejects IS 'Rejected events that were deleted because they hold the id.';
COMMENT ON COLUMN event_erasure.erasure_id IS 'Key.';
COMMENT ON COLUMN event_erasure.client_id IS 'The client whose user it was.';
COMMENT ON COLUMN event_erasure.user_ids IS 'Their numbers.';

-- Serves the reads of the newest events, and of a span or of days of receipt (received_day of the
-- views): rows come in the order of their time.
CREATE INDEX event_received_idx ON event USING brin (
    received_at, date_bin(interval '1 day', received_at, timestamptz '2000-01-01 00:00:00+00'))
    WITH (pages_per_range = 32);
