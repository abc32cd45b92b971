-- Make the unsold portions of discounted lots free when their merchant chose so and the food's date allows it; return
-- how many lots.
-- Called by the worker every 5 seconds.
-- People who reserved before keep what they reserved, at the price they saw, with the same pass. An unpaid hold that
-- lapses later gives its portions back as free ones. A purchase at the same moment either came first or finds the lot
-- changed, because both need the lot's row.
-- Definer, because it writes everybody's lots; only the worker may execute it.
-- Locks: the lots in the order of ids; lots that are locked are skipped and wait for the next time.
create or replace function app.convert_unsold(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment    timestamptz := app.clock();
    converted int;
begin
    update app.lots l set kind = 'free', price_cents = 0, price_before_free_cents = l.price_cents, converted_at = moment,
        version = l.version + 1
    where l.id = any (array(
        select x.id from app.lots x join app.lot_stock s on s.lot_id = x.id
        where x.status = 'published' and x.kind = 'discounted' and x.becomes_free_at <= moment
          and x.pickup_end > moment and s.remaining > 0
          and app.food_refusal(x.date_kind, x.food_date_ends_at, 'conversion', moment) is null
        order by x.id limit most for update of s, x skip locked));
    get diagnostics converted = row_count;
    return converted;
end $$;
grant execute on function app.convert_unsold(int) to ecopanier_worker;
