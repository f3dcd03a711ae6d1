-- How many jobs succeeded in each hour: what the throughput of an hour is compared with.

CREATE TABLE throughput_hour (
    begins_at timestamptz NOT NULL,
    jobs      bigint      NOT NULL,

    CONSTRAINT throughput_hour_pkey PRIMARY KEY (begins_at),
    CONSTRAINT throughput_hour_not_negative CHECK (jobs >= 0)
);
COMMENT ON TABLE throughput_hour IS 'Jobs that succeeded in each hour, counted once when it is over; old hours are deleted.';
COMMENT ON COLUMN throughput_hour.begins_at IS 'When the hour begins.';
COMMENT ON COLUMN throughput_hour.jobs IS 'Jobs that succeeded in it.';
