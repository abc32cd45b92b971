-- Trigger: end the funds of an organisation that was closed.
-- Fires when an organisation's status becomes `closed` (policies/tables/funds.sql). Definer, because only acts write funds.
-- Locks: the funds in the order of ids.
create or replace function app.end_funds_of() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    fund uuid;
begin
    for fund in
        select f.id from app.funds f where f.organisation_id = new.id and f.status in ('proposed', 'confirmed')
        order by f.id for no key update
    loop
        perform app.close_fund(fund);
    end loop;
    return null;
end $$;
