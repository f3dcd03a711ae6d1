-- Less of the log for each job.
--
-- A row of queue is the leader's decision and nothing else: after a crash of the
-- database the leader finds that it left no trace, and places its task again. So it
-- needs no log, a third of a kilobyte for each job. A claim is no such thing: running
-- stays as it is, but for the key that nothing looked for.

ALTER TABLE queue SET UNLOGGED;
-- The sequence of an unlogged table would begin anew with it; a job_id never comes twice.
ALTER SEQUENCE queue_queue_id_seq SET LOGGED;
COMMENT ON TABLE queue IS 'Only what is ready to run now; inserted by the leader, deleted by the claim. Not in the log: a crash of the database empties it, and the leader places what was in it again.';

ALTER TABLE running DROP CONSTRAINT running_pkey;
ALTER TABLE running DROP CONSTRAINT running_task_key;
ALTER TABLE running ADD CONSTRAINT running_pkey PRIMARY KEY (task_id);

-- A batch writes back many tasks of one page at once, for those of one cinema are due
-- together: with less room most updates moved the row and its index entries.
ALTER TABLE task SET (fillfactor = 60);
