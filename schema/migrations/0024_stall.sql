-- Why nothing goes on, as the leader and the pods see it: for whoever asks the database.

ALTER TABLE leader ADD COLUMN stall text;
COMMENT ON COLUMN leader.stall IS 'Why the fleet does not go on, as the leader sees it; NULL while it does.';

ALTER TABLE pod ADD COLUMN stall text;
COMMENT ON COLUMN pod.stall IS 'Why this pod does not go on, as it sees it; NULL while it does.';
