CREATE OR REPLACE FUNCTION event_message_id(message_key uuid, message_mask uuid)
RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    lpad(to_hex(
        ('x' || left(replace(message_key::text, '-', ''), 16))::bit(64)::bigint
        # ('x' || left(replace(message_mask::text, '-', ''), 16))::bit(64)::bigint), 16, '0')
    || lpad(to_hex(
        ('x' || right(replace(message_key::text, '-', ''), 16))::bit(64)::bigint
        # ('x' || right(replace(message_mask::text, '-', ''), 16))::bit(64)::bigint), 16, '0')
)::uuid;

COMMENT ON FUNCTION event_message_id IS 'The message id of a message key under the mask of its client, and the other way round. Example: SELECT event_message_id(message_key, message_mask) FROM event INNER JOIN event_name USING (name_id) INNER JOIN event_client USING (client_id) LIMIT 10;';
