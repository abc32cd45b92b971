-- What is unsold of discounted lots becomes free when its merchant chose so and its date allows it. Who reserved before
-- keeps what they reserved, at the price they saw, with the same pass; an unpaid hold that lapses later gives its
-- portions back as free ones. A purchase at the same moment came before, or meets a lot that has changed: both need the
-- lot's row. In the order of lots; one that somebody is busy with waits for the next time. For the worker.
create or replace function app.convert_unsold(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment    timestamptz := app.clock();
    converted int;
begin
    update app.lots l set kind = 'free', price_cents = 0, converted_at = moment, version = l.version + 1
    where l.id = any (array(
        select x.id from app.lots x
        where x.status = 'published' and x.kind = 'discounted' and x.becomes_free_at <= moment
          and x.pickup_end > moment and x.remaining > 0
          and app.food_refusal(x.date_kind, x.food_date, 'conversion', moment) is null
        order by x.id limit most for update skip locked));
    get diagnostics converted = row_count;
    return converted;
end $$;
grant execute on function app.convert_unsold(int) to ecopanier_worker;
