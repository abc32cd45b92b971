-- Lock a fund whose organisation the caller owns, and return it; raise EP404 if there is none, and EP403 if their sign-in
-- has not passed the second factor.
-- Called by end_fund and fund_was_paid. Definer, because only acts read funds; only the owner may execute it.
-- Locks: the fund.
create or replace function app.own_fund(fund uuid) returns app.funds
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    found_one app.funds;
begin
    select * into found_one from app.funds f
    where f.id = fund and f.organisation_id = any (array(select app.organisations_of(app.caller(), 'owner')))
    for no key update;
    if not found then raise exception 'fund.not_found' using errcode = 'EP404'; end if;
    perform app.require_factor();
    return found_one;
end $$;
