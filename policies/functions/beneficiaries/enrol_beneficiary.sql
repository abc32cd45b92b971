-- Enrol a beneficiary: an account without a sign-in, the code, and the person's data. By an admin or a verified
-- association. Definer, because nobody may write accounts; what comes back is the id and the code, never a name.
-- The number in the code is drawn at random, so that codes reveal neither how many people there are nor their order.
create or replace function app.enrol_beneficiary(
    first_name text, last_name text, birth_date date, household_size int, until date, email text, phone text,
    activation_hash bytea, out beneficiary uuid, out new_code text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    enroller      uuid := app.caller();
    enroller_role text := app.caller_role();
begin
    if enroller_role is distinct from 'admin' and not exists (
            select from app.associations a where a.id = enroller and a.status = 'verified') then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    if until < app.paris_day(app.clock()) then
        raise exception 'beneficiary.right_in_the_past' using errcode = 'EP422';
    end if;
    if birth_date > app.paris_day(app.clock()) then
        raise exception 'beneficiary.born_in_the_future' using errcode = 'EP422';
    end if;

    insert into app.accounts (role, display_name) values ('beneficiary', '-') returning id into beneficiary;
    for try in 1 .. 200 loop
        new_code := to_char(app.clock() at time zone 'Europe/Paris', 'YYYY') || '-BEN-'
            || lpad((abs(hashtextextended(gen_random_uuid()::text, 0)) % 100000)::text, 5, '0');
        insert into app.beneficiaries (id, code, association_id, eligible_until)
        values (beneficiary, new_code, case enroller_role when 'association' then enroller end, until)
        on conflict (code) do nothing;
        exit when found;
        if try = 200 then raise exception 'beneficiary.codes_used_up' using errcode = 'EP503'; end if;
    end loop;
    update app.accounts a set display_name = new_code where a.id = beneficiary;

    insert into app.beneficiary_persons
        (beneficiary_id, first_name, last_name, birth_date, household_size, email, phone)
    values (beneficiary, first_name, last_name, birth_date, household_size, email, phone);
    perform app.issue_token(beneficiary, 'activate', activation_hash, app.clock() + interval '30 days');
end $$;
grant execute on function app.enrol_beneficiary(text, text, date, int, date, text, text, bytea) to authenticated;
