-- Return until when a reservation is cancelled with everything given back, for a window that opens at this moment.
-- Called by GET /v1/lots/{lot_id}. Definer, because nobody else reads the settings.
create or replace function app.free_cancellation_until(pickup_start timestamptz) returns timestamptz
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select pickup_start - make_interval(mins => app.setting_int('free_cancellation_minutes'));
$$;
grant execute on function app.free_cancellation_until(timestamptz) to anon, authenticated;
