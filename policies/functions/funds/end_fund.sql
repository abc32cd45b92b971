-- End a fund early as an owner of its organisation. Food whose pickup ends today or before still counts, because its shops
-- gave it away in the belief that it would; settle_funds gives back what is left once all of that is closed.
-- Called by POST /v1/funds/{fund_id}/end. A fund that was never confirmed ends at once. Ending it twice changes nothing.
-- Definer, because only acts write funds. Only an owner whose sign-in has passed the second factor gets through.
-- Locks: the fund.
create or replace function app.end_fund(fund uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    f app.funds := app.own_fund(fund);
begin
    if f.status in ('ended', 'expired', 'rejected') then return; end if;
    perform app.close_fund(fund);
end $$;
grant execute on function app.end_fund(uuid) to authenticated;
