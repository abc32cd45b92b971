-- Return new ids for accounts that are about to be made, at most 10,000.
-- Called by POST /v1/beneficiaries and POST /v1/beneficiaries/import before enrol_beneficiaries, by begin_batch and by the
-- demo town.
-- What is sealed is bound to its row's id, so the id must exist before the row. It reads nothing.
create or replace function app.new_account_ids(how_many int) returns uuid[]
language sql volatile set search_path = pg_catalog, pg_temp as $$
    select coalesce(array_agg(app.uuid7()), '{}') from generate_series(1, least(how_many, 10000))
$$;
grant execute on function app.new_account_ids(int) to authenticated;
