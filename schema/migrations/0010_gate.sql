-- When a gate last changed.
--
-- A change that is seen while its task is out makes the task due, but its job ends after
-- that and the leader decides anew. So it compares: what was seen after the answer of that
-- job was complete leads to another look.

ALTER TABLE task ADD COLUMN gate_changed_at timestamptz;
COMMENT ON COLUMN task.gate_changed_at IS 'When gate was last seen to differ from what it was before; NULL where it never did.';
