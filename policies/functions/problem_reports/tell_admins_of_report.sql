-- Tell all admins that a problem report waits for them, and note that they were told.
-- Called by report_problem for an allergen, and by tell_of_reports, which hold the report's lock. Only the owner may
-- execute it.
create or replace function app.tell_admins_of_report(report uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    told app.problem_reports;
begin
    update app.problem_reports q set admins_told_at = app.clock() where q.id = report returning q.* into told;
    perform app.tell_admins('problem_report', told.id, s.name, told.account_id) from app.shops s where s.id = told.shop_id;
end $$;
