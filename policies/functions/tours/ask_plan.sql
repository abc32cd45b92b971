-- Ask for a plan of a day's tours and queue the job that makes it; return the plan's id.
-- Called by POST /v1/tours/plan, as owner or staff of a verified association, for what comes to it, or as an admin, for all.
-- One plan at a time runs for an operator's day. Definer, because no role may write plans or queue jobs.
create or replace function app.ask_plan(day date, seconds int) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    operator uuid;
    asked    uuid;
    today    date;
begin
    if app.caller_role() is distinct from 'admin' then
        operator := app.acting_verified();
        if operator is null then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    end if;
    today := app.local_day(app.clock(), app.zone_of_operator(operator));
    if day not between today and today + 30 then
        raise exception 'tour_plan.day_out_of_range' using errcode = 'EP422';
    end if;
    insert into app.tour_plans (day, association_id, asked_by, asked_at, effort_seconds)
    values (day, operator, app.caller(), app.clock(), seconds)
    on conflict do nothing returning id into asked;
    if asked is null then raise exception 'tour_plan.running' using errcode = 'EP409'; end if;
    perform app.defer('tours.plan', jsonb_build_object('plan_id', asked));
    return asked;
end $$;
grant execute on function app.ask_plan(date, int) to authenticated;
