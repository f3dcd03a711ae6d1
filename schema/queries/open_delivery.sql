-- Notes, before anything is written there, that destination $2 may have a part of day $3 of data set $1, at
-- place $4; NULL if it is only to be removed. A delivery that is under way has noted this, so its row is not waited for.
UPDATE data_set_delivery
SET build = NULL,
    places = CASE WHEN coalesce($4::text = ANY (places), true) THEN places ELSE places || $4::text END
WHERE name = $1 AND destination = $2 AND day IS NOT DISTINCT FROM $3
    AND (build IS NOT NULL OR NOT coalesce($4::text = ANY (places), true))
