-- Trigger: offer portions that came back to a lot to those who wait for it, before anybody else sees them.
-- Fires after portions came back (policies/tables/lot_stock.sql) or a lot was published again (policies/tables/lots.sql),
-- under the lock of the lot's stock.
create or replace function app.give_to_who_waits() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if tg_table_name = 'lots' then
        perform app.hand_on(new.id);
    else
        perform app.hand_on(new.lot_id);
    end if;
    return null;
end $$;
