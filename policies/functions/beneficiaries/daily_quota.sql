-- How many free portions an account may take today. By the settings alone, unless one of them says that the household or
-- no-shows matter: only then persons and reservations are read.
create or replace function app.daily_quota(account uuid) returns int
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    quota    int;
    people   int;
    absences int;
begin
    select max(s.value) filter (where s.name = 'free_portions_per_day'),
           max(s.value) filter (where s.name = 'household_people_per_extra_portion'),
           max(s.value) filter (where s.name = 'no_shows_that_lower_quota')
    into strict quota, people, absences
    from app.settings s
    where s.name in ('free_portions_per_day', 'household_people_per_extra_portion', 'no_shows_that_lower_quota');

    if absences > 0 then
        if (select count(*) from app.forgiving_days(account)) >= absences then return least(quota, 1); end if;
    end if;
    if people > 0 then
        quota := quota + coalesce((select (p.household_size - 1) / people from app.beneficiary_persons p
                                   where p.beneficiary_id = account), 0);
    end if;
    return quota;
end $$;
