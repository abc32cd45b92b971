-- Remind of rights that end: one notice per association, and one to each beneficiary.
-- Called by the worker's hourly job beneficiaries.remind, until it returns 0.
-- There is one reminder per last day and stage (30 and 7 days before). Up to `most` associations are handled at a
-- time; their number is returned. People whom admins enrolled count as one association without a mail of its own.
-- Definer, because nobody may read all rights; only the worker may execute it.
-- Locks: an advisory lock, or it returns 0 at once; then the rows that it inserts.
create or replace function app.remind_of_rights(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment   timestamptz := app.clock();
    reminded record;
    mails    int := 0;
begin
    -- Only one worker at a time, so that an association gets one mail.
    if not pg_try_advisory_xact_lock(hashtext('app.right_reminders')) then return 0; end if;
    for reminded in
        with due as materialized (
            select b.id, b.association_id, b.eligible_until, s.days
            from app.beneficiaries b
            join app.accounts a on a.id = b.id and a.status = 'active'
            left join app.associations o on o.id = b.association_id
            cross join lateral (
                select app.local_day(moment, o.time_zone) as today,
                       extract(hour from moment at time zone coalesce(o.time_zone, 'Europe/Paris')) as hour) t
            cross join lateral (select case when b.eligible_until <= t.today + 7 then 7 else 30 end as days) s
            where b.status = 'verified' and b.eligible_until between t.today and t.today + 30
              -- For the index: nowhere is it more than a day from here.
              and b.eligible_until between app.paris_day(moment) - 1 and app.paris_day(moment) + 31
              and (b.association_id is null or o.status = 'verified')
              -- No mail at night, where the association is.
              and t.hour between 8 and 19
              -- A right that was shorter than this from the beginning needs no reminder.
              and app.local_day(b.created_at, o.time_zone) < b.eligible_until - s.days
              and not exists (select from app.right_reminders r
                              where r.beneficiary_id = b.id and r.right_ends = b.eligible_until
                                and r.days_before = s.days)),
        chosen as (select d.association_id from due d group by 1 order by 1 limit most),
        noted as (
            insert into app.right_reminders (beneficiary_id, right_ends, days_before, reminded_at)
            select d.id, d.eligible_until, d.days, moment
            from due d join chosen c on c.association_id is not distinct from d.association_id
            returning beneficiary_id)
        select d.association_id, count(*) as rights, min(d.eligible_until) as first, max(d.eligible_until) as last,
               array_agg(d.id order by d.id) as people
        from due d join noted n on n.beneficiary_id = d.id
        group by d.association_id
    loop
        mails := mails + 1;
        if reminded.association_id is not null then
            perform app.notify(app.who_answers(reminded.association_id), 'rights_end', jsonb_build_object(
                'rights', reminded.rights, 'first', reminded.first, 'last', reminded.last));
        end if;
        perform app.tell_right_ends(p.id) from unnest(reminded.people) as p (id);
    end loop;
    return mails;
end $$;
grant execute on function app.remind_of_rights(int) to ecopanier_worker;
