-- A seat whose source gives no position has none: the entry of the array is NULL, as its
-- value in seat_record is. The constraints of the table hold for such arrays as they are.

COMMENT ON COLUMN layout.x IS 'Position from the left, in the source''s unit; an entry is NULL where the source gives none.';
COMMENT ON COLUMN layout.y IS 'Position from the front, in the source''s unit; an entry is NULL where the source gives none.';
COMMENT ON COLUMN seat_record.x IS 'From left to right, as the source draws its map; NULL where it gives none.';
COMMENT ON COLUMN seat_record.y IS 'From the screen to the back; NULL where the source gives none.';
