-- Return the circle on the map of app.mercator that lies within some metres of a place, where lengths are too long by
-- 1/cos(latitude).
-- Called by set_alert and move_alert.
create or replace function app.alert_area(latitude float8, longitude float8, radius_m int) returns circle
language sql immutable parallel safe as $$
    select circle(app.mercator(latitude, longitude), radius_m / cos(radians(latitude)))
$$;
