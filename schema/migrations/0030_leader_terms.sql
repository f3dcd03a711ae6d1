-- The terms of the leader: that it changes often shows where coordinators lose their lease.

CREATE TABLE leader_term (
    epoch      bigint      NOT NULL,
    elected_at timestamptz NOT NULL,
    name       text        NOT NULL,

    CONSTRAINT leader_term_pkey PRIMARY KEY (epoch)
);
-- The terms of the last minutes (alert_facts), and old ones go (delete_old_alerts).
CREATE INDEX leader_term_elected_idx ON leader_term (elected_at);
COMMENT ON TABLE leader_term IS 'The terms of the leader, one row each; old ones are deleted.';
COMMENT ON COLUMN leader_term.epoch IS 'Number of the term.';
COMMENT ON COLUMN leader_term.elected_at IS 'When it began.';
COMMENT ON COLUMN leader_term.name IS 'Host or pod name of the coordinator that led.';
