-- Return whether a photo belongs to a problem report that the caller may see: its holder, members of its shop, admins.
-- Called by a policy of photos. Definer, because nobody may read reports. It returns nothing of a report.
create or replace function app.photo_of_report(photo uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (
        select from app.problem_reports q
        where q.photo_id = photo
          and (q.account_id = app.caller() or q.shop_id = any (array(select app.shops_of(app.caller(), 'reader')))
               or app.caller_role() = 'admin'));
end $$;
grant execute on function app.photo_of_report(uuid) to authenticated;
