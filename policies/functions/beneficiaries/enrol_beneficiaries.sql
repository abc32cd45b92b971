-- Enrol people, as many as come at once: for each an account without a sign-in, a code, the person as the API has sealed
-- them, their data key and the token of their first sign-in. By an admin or a verified association. Definer, because
-- nobody may write accounts; what it gives is ids and codes.
-- Who is enrolled already, here or by another association, is known by the keyed hash of who they are and left as they
-- are: `already`, with id and code where the caller enrolled them. In the order of the arrays.
-- Two imports of the same people at once neither enrol anybody twice nor wait for each other in a circle: people are
-- claimed in the order of their hashes, then codes in the order of the codes, by both.
-- The number in a code is drawn at random, so that codes reveal neither how many people there are nor their order.
create or replace function app.enrol_beneficiaries(
    ids uuid[], untils date[], household_sizes int[], sealed_persons bytea[], identities bytea[], wrapped_keys bytea[],
    master_key text, activation_hashes bytea[])
returns table (place int, outcome text, beneficiary uuid, new_code text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    enroller      uuid := app.caller();
    enroller_role text := app.caller_role();
    moment        timestamptz := app.clock();
    prefix        text := to_char(moment at time zone 'Europe/Paris', 'YYYY') || '-BEN-';
    expected      int := cardinality(ids);
    drawn         text[];
    missing       int;
    new_ids       uuid[];
    got           uuid[] := '{}';
begin
    if enroller_role is distinct from 'admin' and not exists (
            select from app.associations a where a.id = enroller and a.status = 'verified') then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    if exists (select from unnest(untils) u where u < app.paris_day(moment)) then
        raise exception 'beneficiary.right_in_the_past' using errcode = 'EP422';
    end if;

    -- 1. Whoever is claimed here is ours to enrol; the foreign keys are looked at when the transaction ends.
    with claimed as (
        insert into app.beneficiary_persons (beneficiary_id, household_size, sealed, identity)
        select distinct on (n.identity) n.id, n.household_size, n.sealed, n.identity
        from unnest(ids, household_sizes, sealed_persons, identities) with ordinality
             as n (id, household_size, sealed, identity, place)
        order by n.identity, n.place
        on conflict (identity) do nothing
        returning beneficiary_id)
    select coalesce(array_agg(c.beneficiary_id), '{}') into new_ids from claimed c;

    insert into app.accounts (id, role, display_name, created_at)
    select n.id, 'beneficiary', '-', moment from unnest(new_ids) n (id);

    -- 2. Codes, until everybody has one.
    for try in 1 .. 200 loop
        missing := cardinality(new_ids) - cardinality(got);
        exit when missing = 0;
        if try = 200 then raise exception 'beneficiary.codes_used_up' using errcode = 'EP503'; end if;
        select array_agg(c.code) into drawn from (
            select prefix || lpad(x.number::text, 5, '0') as code
            from (select distinct (('x' || encode(substring(uuid_send(gen_random_uuid()) from 1 for 4), 'hex'))::bit(32)
                                   ::bigint % 100000) as number
                  from generate_series(1, missing + 8 * try)) x
            where not exists (select from app.beneficiaries b
                              where b.code = prefix || lpad(x.number::text, 5, '0'))
            order by gen_random_uuid() limit missing) c;
        with coded as (
            insert into app.beneficiaries (id, code, association_id, eligible_until, created_at)
            select w.id, c.code, case enroller_role when 'association' then enroller end, w.until, moment
            from (select n.id, n.until, row_number() over (order by n.place) as number
                  from unnest(ids, untils) with ordinality as n (id, until, place)
                  where n.id = any (new_ids) and n.id <> all (got)) w
            join unnest(drawn) with ordinality as c (code, number) on c.number = w.number
            order by c.code
            on conflict (code) do nothing
            returning id)
        select got || coalesce(array_agg(d.id), '{}') into got from coded d;
    end loop;
    update app.accounts a set display_name = b.code from app.beneficiaries b
    where b.id = a.id and a.id = any (new_ids);

    insert into vault.data_keys (account_id, wrapped, master_key, made_at)
    select n.id, n.wrapped, enrol_beneficiaries.master_key, moment
    from unnest(ids, wrapped_keys) as n (id, wrapped) where n.id = any (new_ids);
    insert into app.one_time_tokens (token_hash, account_id, purpose, expires_at)
    select n.token_hash, n.id, 'activate', moment + interval '30 days'
    from unnest(ids, activation_hashes) as n (id, token_hash) where n.id = any (new_ids);
    perform app.note('beneficiary.enrolled', 'beneficiary', n.id) from unnest(new_ids) n (id);

    return query
        select n.place::int, case when n.id = any (new_ids) then 'enrolled' else 'already' end,
               b.id, b.code
        from unnest(ids, identities) with ordinality as n (id, identity, place)
        left join app.beneficiary_persons p on p.identity = n.identity
        left join app.beneficiaries b
            on b.id = p.beneficiary_id and (n.id = b.id or b.association_id = enroller)
        order by n.place;
end $$;
grant execute on function app.enrol_beneficiaries(uuid[], date[], int[], bytea[], bytea[], bytea[], text, bytea[])
    to authenticated;
