-- Indexes of the search box, of the lists of tasks, and of the state of sources.
--
-- What they cost: keys, names and titles never change, so each row pays once, when it is inserted;
-- but an update of a task that changes touched_by writes into every index of the task.

-- Serves search_key.sql: the beginning of a key, in the order of bytes.
CREATE INDEX task_key_idx ON task (key text_pattern_ops);

CREATE INDEX showtime_key_idx ON showtime (key text_pattern_ops);

-- Serve search_name.sql: words of a name or title, in any order. Few rows are written.
CREATE INDEX cinema_words_idx ON cinema
    USING gin (to_tsvector('simple', name || ' ' || coalesce(city, '')));

CREATE INDEX film_words_idx ON film USING gin (to_tsvector('simple', title));

-- Serves read_source_facts.sql and read_source_steps.sql: retired tasks stay for good, and soon
-- outnumber those that run.
CREATE INDEX task_active_idx ON task (step_id) WHERE retired_at IS NULL;
