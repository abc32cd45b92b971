-- Return whether food with this trade number and batch is recalled; without a batch, whether any batch is.
-- Called by keep_draft and refuse_recalled.
-- Volatile, so that it sees recalls that were committed after the caller's statement began. Definer, because it
-- answers whoever writes a lot; only the owner may execute it.
create or replace function app.is_recalled(wanted_gtin text, wanted_batch text) returns boolean
language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (
        select from app.recalls r where r.gtin = wanted_gtin and app.same_batch(r.batch, wanted_batch));
end $$;
