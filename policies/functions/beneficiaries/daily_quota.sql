-- Return how many free portions an account may take today.
-- Called by reserve, join_waiting, take_offer, allowance and own_quota.
-- It reads persons and reservations only if a setting says that the household or no-shows matter; otherwise the
-- settings alone decide.
-- Definer, because it reads persons and reservations; only the owner may execute it.
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
