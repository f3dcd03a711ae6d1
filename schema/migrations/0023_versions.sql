-- Which programs work with this schema: so programs of the version before go on, and start again,
-- while and after a newer version migrates the database.

CREATE TABLE schema_support (
    oldest_program bigint  NOT NULL,
    is_only        boolean NOT NULL DEFAULT true,

    CONSTRAINT schema_support_pkey PRIMARY KEY (is_only),
    CONSTRAINT schema_support_is_one CHECK (is_only)
);
COMMENT ON TABLE schema_support IS 'The oldest program that works with this schema; one row. A migration that takes away what the program before it needs raises the number to its own: UPDATE schema_support SET oldest_program = 24. One that only adds leaves it.';
COMMENT ON COLUMN schema_support.oldest_program IS 'Number of the newest migration that the oldest program knows.';
COMMENT ON COLUMN schema_support.is_only IS 'Always true.';
INSERT INTO schema_support (oldest_program) VALUES (23);
