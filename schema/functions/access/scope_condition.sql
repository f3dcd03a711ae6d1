CREATE OR REPLACE FUNCTION scope_condition(of_table text, by_column text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE
        WHEN of_table = 'showtime' THEN
            'cinema_id IN (SELECT scoped_cinemas(current_user)) OR (cinema_id, film_id) IN (SELECT showing.cinema_id, showing.film_id FROM scoped_showings(current_user) AS showing)'
        WHEN of_table = 'cinema' THEN
            'cinema_id IN (SELECT scoped_cinemas(current_user)) OR cinema_id IN (SELECT showing.cinema_id FROM scoped_showings(current_user) AS showing)'
        WHEN of_table = 'film' THEN
            'EXISTS (SELECT FROM showtime WHERE showtime.film_id = film.film_id)'
        WHEN by_column = 'source_id' THEN
            'source_id IN (SELECT scoped_sources(current_user))'
        ELSE format(
            'EXISTS (SELECT FROM %1$I AS owned WHERE owned.%2$I = %3$I.%2$I)',
            left(by_column, -3), by_column, of_table)
    END
$$;

COMMENT ON FUNCTION scope_condition IS 'The condition by which a partner sees a row of a table. If it looks up a showtime, cinema or film, the policy of that table holds there. Example: SELECT scope_condition(table_name, by_column) FROM row_scope;';
