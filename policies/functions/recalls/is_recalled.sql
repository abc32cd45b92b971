-- Whether food with this number and batch is recalled. A batch that nobody wrote down may be the recalled one.
create or replace function app.is_recalled(wanted_gtin text, wanted_batch text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (
        select from app.recalls r where r.gtin = wanted_gtin and app.same_batch(r.batch, wanted_batch));
end $$;
