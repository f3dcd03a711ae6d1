-- The range of job.ended_seq of the jobs that ended from $1 until $2, or until now: NULL is an open
-- end. It is looked up in the minute at each end, which the index by time finds at once; if nothing
-- ended in that minute, the end stays open and the time alone decides.
--
-- `+ 0` keeps the planner from walking the index of ended_seq until it meets the minute.
SELECT
    (SELECT min(job.ended_seq + 0) FROM job
        WHERE job.finished_at >= $1 AND job.finished_at < $1::timestamptz + interval '1 minute') AS first_seq,
    (SELECT max(job.ended_seq + 0) FROM job
        WHERE job.finished_at >= $2::timestamptz - interval '1 minute'
            AND job.finished_at < $2::timestamptz + interval '10 seconds') AS last_seq
