-- Receivers of events log in with a role of their own: they are reached from outside, so they may read
-- no more than keys, schemas and numbers, and change nothing but what they add.

ALTER TABLE fleet_role
    DROP CONSTRAINT fleet_role_word,
    ADD CONSTRAINT fleet_role_word CHECK (kind IN ('migrator', 'coordinator', 'agent', 'receiver', 'monitor'));
