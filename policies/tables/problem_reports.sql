-- Problem reports: nobody reads or writes them here. Holders, members of the shop and admins read them through
-- problem_reports_seen, because a policy would show a shop what tells portions apart.
alter table app.problem_reports enable row level security;
alter table app.problem_reports force row level security;

create policy "Acts read and write every row" on app.problem_reports for all to ecopanier_owner using (true) with check (true);
-- Written by report_problem, answer_problem, decide_problem, the worker's acts, and the acts that forget.

create trigger let_photo_go after delete on app.problem_reports
    for each row when (old.photo_id is not null) execute function app.let_photo_go();
create trigger let_old_photo_go after update of photo_id on app.problem_reports
    for each row when (old.photo_id is not null and new.photo_id is distinct from old.photo_id)
    execute function app.let_photo_go();
