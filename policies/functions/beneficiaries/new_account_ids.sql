-- Ids for accounts to come: what is sealed is bound to its row, so the id is there before the row.
create or replace function app.new_account_ids(how_many int) returns uuid[]
language sql volatile set search_path = pg_catalog, pg_temp as $$
    select coalesce(array_agg(app.uuid7()), '{}') from generate_series(1, least(how_many, 10000))
$$;
grant execute on function app.new_account_ids(int) to authenticated;
