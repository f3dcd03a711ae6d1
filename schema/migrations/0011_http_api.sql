-- The HTTP API: who may use it, who changed what, and requests that may be repeated.

CREATE TABLE api_token (
    created_at   timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz,
    token_id     integer     NOT NULL GENERATED ALWAYS AS IDENTITY,
    token_hash   bytea       NOT NULL,
    name         text        NOT NULL,
    scope        text        NOT NULL,

    CONSTRAINT api_token_pkey PRIMARY KEY (token_id),
    CONSTRAINT api_token_hash_key UNIQUE (token_hash),
    CONSTRAINT api_token_hash_sha256 CHECK (octet_length(token_hash) = 32),
    CONSTRAINT api_token_name_words CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9 ._@-]{0,99}$'),
    CONSTRAINT api_token_scope_word CHECK (scope IN ('read', 'operate', 'admin')),
    CONSTRAINT api_token_expires_later CHECK (expires_at > created_at)
);
-- Audit rows name tokens: of one name, at most one token is valid.
CREATE UNIQUE INDEX api_token_name_key ON api_token (name) WHERE revoked_at IS NULL;
COMMENT ON TABLE api_token IS 'Tokens for the HTTP API and the web page. The token itself is stored nowhere; see `coordinator token create`.';
COMMENT ON COLUMN api_token.created_at IS 'When it was made.';
COMMENT ON COLUMN api_token.expires_at IS 'When it ends; NULL for never.';
COMMENT ON COLUMN api_token.last_used_at IS 'When it was used last, to the minute.';
COMMENT ON COLUMN api_token.revoked_at IS 'When a person revoked it. Coordinators refuse it some seconds later at the latest.';
COMMENT ON COLUMN api_token.token_id IS 'Key.';
COMMENT ON COLUMN api_token.token_hash IS 'SHA-256 of the token. A token has 190 random bits, so a plain hash cannot be reversed.';
COMMENT ON COLUMN api_token.name IS 'Its name, which the audit shows as the actor.';
COMMENT ON COLUMN api_token.scope IS 'read: reads everything; operate: also pauses, runs, cancels, maps codes, weighs; admin: also puts definitions into force.';

CREATE TABLE audit (
    at        timestamptz NOT NULL DEFAULT now(),
    audit_id  bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    how       text        NOT NULL,
    action    text        NOT NULL,
    who       text        NOT NULL,
    subject   text        NOT NULL,
    reason    text,
    details   jsonb       NOT NULL DEFAULT '{}',

    CONSTRAINT audit_pkey PRIMARY KEY (audit_id),
    CONSTRAINT audit_how_word CHECK (how IN ('cli', 'api', 'page'))
);
-- The last changes of one subject (read_audit.sql).
CREATE INDEX audit_subject ON audit (subject, audit_id DESC);
-- The changes of a time, for people.
CREATE INDEX audit_at ON audit (at);
COMMENT ON TABLE audit IS 'What people changed: one row for each action, in the transaction of the change where it has one.';
COMMENT ON COLUMN audit.at IS 'When it was done.';
COMMENT ON COLUMN audit.audit_id IS 'Key; rises with time.';
COMMENT ON COLUMN audit.how IS 'cli: a command; api: a request with a token; page: a form of the web page.';
COMMENT ON COLUMN audit.action IS 'What was done, such as source.pause or task.run.';
COMMENT ON COLUMN audit.who IS 'Name of the token, or user and host of the command.';
COMMENT ON COLUMN audit.subject IS 'What was changed, such as source/bhd, task/4711 or weight/film/monsoon radio.';
COMMENT ON COLUMN audit.reason IS 'The reason that the person gave.';
COMMENT ON COLUMN audit.details IS 'Values of the action, such as the codes that were mapped.';

CREATE TABLE idempotency (
    at           timestamptz NOT NULL DEFAULT now(),
    status       smallint,
    request_hash bytea       NOT NULL,
    actor        text        NOT NULL,
    key          text        NOT NULL,
    body         text,

    CONSTRAINT idempotency_pkey PRIMARY KEY (actor, key),
    CONSTRAINT idempotency_key_short CHECK (length(key) BETWEEN 1 AND 200),
    CONSTRAINT idempotency_whole CHECK ((status IS NULL) = (body IS NULL))
);
-- Keys of yesterday go (remember_request.sql).
CREATE INDEX idempotency_at ON idempotency (at);
COMMENT ON TABLE idempotency IS 'Answers to requests with the header Idempotency-Key, kept for a day: the same request again gets the same answer and changes nothing.';
COMMENT ON COLUMN idempotency.at IS 'When the request began.';
COMMENT ON COLUMN idempotency.status IS 'Status of the answer; NULL while the request is under way.';
COMMENT ON COLUMN idempotency.request_hash IS 'SHA-256 of method, path and body: another request with the same key is refused.';
COMMENT ON COLUMN idempotency.actor IS 'Who sent it; each actor has keys of its own.';
COMMENT ON COLUMN idempotency.key IS 'The header.';
COMMENT ON COLUMN idempotency.body IS 'Body of the answer.';
