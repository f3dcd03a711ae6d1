-- Alerts: what a person should know, the messages about it, and what people silenced.

CREATE TABLE alert (
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    opened_at     timestamptz,
    resolved_at   timestamptz,
    notified_at       timestamptz,
    alert_id      bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    value         double precision NOT NULL,
    threshold     double precision NOT NULL,
    severity      text        NOT NULL,
    condition     text        NOT NULL,
    subject_kind  text        NOT NULL,
    subject       text        NOT NULL,
    text          text        NOT NULL,
    means         text        NOT NULL,
    next_step     text        NOT NULL,
    details       text,

    CONSTRAINT alert_pkey PRIMARY KEY (alert_id),
    CONSTRAINT alert_severity_word CHECK (severity IN ('critical', 'warning', 'info')),
    CONSTRAINT alert_condition_word CHECK (condition ~ '^[a-z][a-z0-9_]{0,62}$'),
    CONSTRAINT alert_subject_kind_word CHECK (subject_kind IN (
        'fleet', 'source', 'limit_key', 'pod', 'pass', 'condition', 'receiver', 'rollup', 'table', 'data_set',
        'anomaly', 'client', 'server')),
    CONSTRAINT alert_seen_in_order CHECK (last_seen_at >= first_seen_at),
    CONSTRAINT alert_only_open_ones_end CHECK (opened_at IS NOT NULL OR (resolved_at IS NULL AND notified_at IS NULL))
)
WITH (fillfactor = 70);
-- At most one at a time for a condition and a subject; and the ones that are open (store_alerts).
CREATE UNIQUE INDEX alert_open_key ON alert (condition, subject) WHERE resolved_at IS NULL;
-- Those that ended and about whose end nobody was notified (read_alerts_to_notify), and old ones go (delete_old_alerts).
CREATE INDEX alert_resolved_idx ON alert (resolved_at) WHERE resolved_at IS NOT NULL;
COMMENT ON TABLE alert IS 'What a person should know: one row from the moment a condition holds for a subject until it does no longer.';
COMMENT ON COLUMN alert.first_seen_at IS 'When the condition held first.';
COMMENT ON COLUMN alert.last_seen_at IS 'When it held last, as far as it was looked at.';
COMMENT ON COLUMN alert.opened_at IS 'When it had held for long enough to be an alert; NULL before.';
COMMENT ON COLUMN alert.resolved_at IS 'When it had not held for long enough to be over; NULL while it is open.';
COMMENT ON COLUMN alert.notified_at IS 'When messages about it were last written; NULL if nobody was notified.';
COMMENT ON COLUMN alert.alert_id IS 'Key; messages name it, so it stays the same from new to resolved.';
COMMENT ON COLUMN alert.value IS 'What was found when the condition held last, in the unit of the condition.';
COMMENT ON COLUMN alert.threshold IS 'The limit that the value passed.';
COMMENT ON COLUMN alert.severity IS 'critical: act now; warning: act soon; info: good to know.';
COMMENT ON COLUMN alert.condition IS 'Name of the condition; coordinator/ALERTS.md says what each means.';
COMMENT ON COLUMN alert.subject_kind IS 'Kind of thing that the subject is, such as source.';
COMMENT ON COLUMN alert.subject IS 'What it is about, such as the name of a source or table; fleet for all of it.';
COMMENT ON COLUMN alert.text IS 'What is wrong, the value and the limit, for people.';
COMMENT ON COLUMN alert.means IS 'What it means for data and readers.';
COMMENT ON COLUMN alert.next_step IS 'How to look, and what to do.';
COMMENT ON COLUMN alert.details IS 'The evidence, such as the error that was seen; NULL if there is none.';

CREATE TABLE alert_check (
    checked_at   timestamptz NOT NULL,
    failed_since timestamptz,
    condition    text        NOT NULL,
    error        text,

    CONSTRAINT alert_check_pkey PRIMARY KEY (condition),
    CONSTRAINT alert_check_error_iff_failing CHECK ((failed_since IS NULL) = (error IS NULL))
)
WITH (fillfactor = 50);
COMMENT ON TABLE alert_check IS 'When each condition was last looked at. Its row is locked meanwhile, so two leaders take turns.';
COMMENT ON COLUMN alert_check.checked_at IS 'When it was last looked at, with or without success.';
COMMENT ON COLUMN alert_check.failed_since IS 'Since when it cannot be looked at; NULL if it can.';
COMMENT ON COLUMN alert_check.condition IS 'Name of the condition.';
COMMENT ON COLUMN alert_check.error IS 'Why it cannot be looked at.';

CREATE TABLE alert_silence (
    created_at timestamptz NOT NULL DEFAULT now(),
    until_at   timestamptz NOT NULL,
    silence_id integer     NOT NULL GENERATED ALWAYS AS IDENTITY,
    condition  text        NOT NULL,
    subject    text        NOT NULL,
    reason     text        NOT NULL,
    created_by text        NOT NULL,

    CONSTRAINT alert_silence_pkey PRIMARY KEY (silence_id),
    CONSTRAINT alert_silence_has_reason CHECK (reason <> '')
);
COMMENT ON TABLE alert_silence IS 'Alerts about which no messages are sent for a time. They are opened, listed and resolved all the same.';
COMMENT ON COLUMN alert_silence.created_at IS 'When it was made.';
COMMENT ON COLUMN alert_silence.until_at IS 'When it ends. Receivers are then notified of alerts that are still open.';
COMMENT ON COLUMN alert_silence.silence_id IS 'Key.';
COMMENT ON COLUMN alert_silence.condition IS 'The condition, as a pattern of LIKE; % for all.';
COMMENT ON COLUMN alert_silence.subject IS 'The subject, as a pattern of LIKE; % for all.';
COMMENT ON COLUMN alert_silence.reason IS 'Why.';
COMMENT ON COLUMN alert_silence.created_by IS 'Who made it.';

CREATE TABLE message (
    created_at  timestamptz NOT NULL,
    next_try_at timestamptz NOT NULL,
    sent_at     timestamptz,
    expired_at  timestamptz,
    message_id  uuid        NOT NULL DEFAULT gen_random_uuid(),
    sequence    bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    tries       integer     NOT NULL DEFAULT 0,
    kind        text        NOT NULL,
    receiver    text        NOT NULL,
    last_error  text,
    alert_ids   bigint[]    NOT NULL,
    content     jsonb       NOT NULL,

    CONSTRAINT message_pkey PRIMARY KEY (message_id),
    CONSTRAINT message_kind_word CHECK (kind IN ('new', 'still', 'resolved')),
    CONSTRAINT message_about_something CHECK (cardinality(alert_ids) >= 1),
    CONSTRAINT message_sent_or_expired CHECK (sent_at IS NULL OR expired_at IS NULL)
)
WITH (fillfactor = 70);
-- The oldest message of a receiver that waits (claim_message); few ever wait.
CREATE INDEX message_waiting_idx ON message (receiver, sequence) WHERE sent_at IS NULL AND expired_at IS NULL;
COMMENT ON TABLE message IS 'Messages to receivers: written in the transaction that finds the fact, sent afterwards at least once, in their order.';
COMMENT ON COLUMN message.created_at IS 'When it was written.';
COMMENT ON COLUMN message.next_try_at IS 'Not sent before.';
COMMENT ON COLUMN message.sent_at IS 'When the receiver took it; NULL before.';
COMMENT ON COLUMN message.expired_at IS 'When it was given up; NULL if it was not.';
COMMENT ON COLUMN message.message_id IS 'Key: the same each time it is sent, so a receiver can leave out what it has had.';
COMMENT ON COLUMN message.sequence IS 'Order in which a receiver gets its messages.';
COMMENT ON COLUMN message.tries IS 'How often it was sent, or was about to be.';
COMMENT ON COLUMN message.kind IS 'new, still (open after a time) or resolved.';
COMMENT ON COLUMN message.receiver IS 'Name of the receiver, as in the settings.';
COMMENT ON COLUMN message.last_error IS 'Why the last try failed; NULL if none did.';
COMMENT ON COLUMN message.alert_ids IS 'The alerts that it is about, all of one condition.';
COMMENT ON COLUMN message.content IS 'What it says, as the alerts were when it was written.';
