-- Who decides about rights hears 30 days and 7 days before some of them end how many and until when: one mail an
-- association; and each beneficiary with a confirmed address is told of their own. Each end of a right once and stage,
-- by day, for so many associations at a time; says for how many it queued something. Definer; for the worker.
create or replace function app.remind_of_rights(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment   timestamptz := app.clock();
    today    date := app.paris_day(moment);
    reminded record;
    mails    int := 0;
begin
    -- Nobody is written to at night; and of two workers one does it, so that an association gets one mail.
    if extract(hour from moment at time zone 'Europe/Paris') not between 8 and 19
       or not pg_try_advisory_xact_lock(hashtext('app.right_reminders')) then
        return 0;
    end if;
    for reminded in
        with due as materialized (
            select b.id, b.association_id, b.eligible_until, s.days
            from app.beneficiaries b
            join app.accounts a on a.id = b.id and a.status = 'active'
            left join app.associations o on o.id = b.association_id
            cross join lateral (select case when b.eligible_until <= today + 7 then 7 else 30 end as days) s
            where b.status = 'verified' and b.eligible_until between today and today + 30
              and (b.association_id is null or o.status = 'verified')
              -- A right that was short from its begin on is no news.
              and app.paris_day(b.created_at) < b.eligible_until - s.days
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
               array_agg(d.id) filter (where exists (
                   select from app.sealed_addresses s where s.account_id = d.id and s.verified_at is not null)) as written_to
        from due d join noted n on n.beneficiary_id = d.id
        group by d.association_id
    loop
        mails := mails + 1;
        if reminded.association_id is not null then
            perform app.defer('beneficiaries.remind_association', jsonb_build_object(
                'association_id', reminded.association_id, 'rights', reminded.rights,
                'first', reminded.first, 'last', reminded.last));
        end if;
        perform app.defer('beneficiaries.remind_beneficiary', jsonb_build_object('beneficiary_id', w.id))
        from unnest(reminded.written_to) as w (id);
    end loop;
    return mails;
end $$;
grant execute on function app.remind_of_rights(int) to ecopanier_worker;
