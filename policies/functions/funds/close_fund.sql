-- Mark a proposed or confirmed fund as ended from today on.
-- Called by end_fund and end_funds_of, under the lock of the fund. Definer, because only acts write funds; only the owner
-- may execute it.
create or replace function app.close_fund(fund uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.funds f
    set status = 'ended', ended_on = least(f.last_day, app.paris_day(app.clock())),
        settled_at = case f.status when 'proposed' then app.clock() end
    where f.id = fund and f.status in ('proposed', 'confirmed');
    perform app.note('fund.ended', 'fund', fund);
end $$;
