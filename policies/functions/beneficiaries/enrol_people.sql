-- Enrol people for an association, or for none if an admin enrols them, any number at once: an account without a sign-in,
-- a code, the sealed person, a data key and an activation token for each.
-- Called by enrol_beneficiaries and enrol_batch, which check who may. Only the owner may execute it.
-- It returns ids and codes, in the order of the arrays.
-- No person stops another. `outcome` is `enrolled`; `past` if the right would end before today, where the association is;
-- `too_long` if it would end after last_day_of_rights; `no_code` if no code of this year is left; `already` if the keyed
-- hash says that the person is enrolled, here or elsewhere, who then
-- stays as they are.
-- For `already`, id and code come back only if `enroller` enrolled the person. The hash of their unused
-- activation token comes too, so that whoever imports a file again because an answer was lost gets that answer.
-- `identities` are the keyed hashes by the present method. `former_identities` are those by the method before, by which
-- people are found whose hash was not computed anew yet (renew_identity). Where several rows are one person, because a
-- change of method made them alike, the enroller's own comes first.
-- The number in a code is random, so that codes reveal neither how many people there are nor their order.
-- Locks: the persons in the order of their hashes, then an advisory lock under which
-- codes are drawn. So two imports of the same people neither enrol anybody twice nor wait for each other in a circle:
-- whoever draws codes waits for nothing any more.
create or replace function app.enrol_people(
    enroller uuid, ids uuid[], untils date[], household_sizes int[], sealed_persons bytea[], identities bytea[],
    former_identities bytea[], method int, wrapped_keys bytea[], master_key text, activation_hashes bytea[])
returns table (place int, outcome text, beneficiary uuid, new_code text, held_token bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moment        timestamptz := app.clock();
    today         date := app.local_day(moment, (select a.time_zone from app.associations a where a.id = enroller));
    last_day      date := app.last_day_of_rights(moment);
    prefix        text := to_char(today, 'YYYY') || '-BEN-';
    claimed       int[];
    needed        int;
    codes         text[];
    new_ids       uuid[];
    persons       uuid[];
    elsewhere     uuid[];
begin
    -- 1. Claim people by their hash; those who are claimed here are ours to enrol. The foreign key to beneficiaries is
    -- checked when the transaction ends.
    with ours as (
        insert into app.beneficiary_persons (beneficiary_id, household_size, sealed, identity, identity_method)
        select distinct on (n.identity) n.id, n.household_size, n.sealed, n.identity, method
        from unnest(ids, untils, household_sizes, sealed_persons, identities, former_identities) with ordinality
             as n (id, until, household_size, sealed, identity, former_identity, place)
        where n.until between today and last_day
          and not exists (select from app.beneficiary_persons p where p.identity = n.identity)
          and not exists (select from app.beneficiary_persons p
                          where p.identity = n.former_identity and p.identity_method < method)
        order by n.identity, n.place
        on conflict (identity, identity_rank) do nothing
        returning beneficiary_id)
    select coalesce(array_agg(n.place order by n.place), '{}') into claimed
    from unnest(ids) with ordinality as n (id, place) join ours o on o.beneficiary_id = n.id;
    needed := cardinality(claimed);

    -- 2. Draw codes that neither a beneficiary has nor an erased person had. Another import waits here until we commit,
    -- and then sees which codes are taken.
    if needed > 0 then
        perform pg_advisory_xact_lock(hashtext('app.beneficiaries.code'));
        select coalesce(array_agg(c.code), '{}') into codes from (
            select prefix || lpad(x.number::text, 5, '0') as code
            from (select distinct (('x' || encode(substring(uuid_send(gen_random_uuid()) from 1 for 4), 'hex'))::bit(32)
                                   ::bigint % 100000) as number
                  from generate_series(1, 2 * needed + 20)) x
            where not exists (select from app.beneficiaries b
                              where b.code = prefix || lpad(x.number::text, 5, '0'))
              and not exists (select from app.spent_codes s
                              where s.code = prefix || lpad(x.number::text, 5, '0'))
            order by gen_random_uuid() limit needed) c;
        if cardinality(codes) < needed then
            -- The year's codes are nearly used up: draw from all that are left.
            select coalesce(array_agg(c.code), '{}') into codes from (
                select x.code from (select prefix || lpad(n::text, 5, '0') as code from generate_series(0, 99999) n) x
                where not exists (select from app.beneficiaries b where b.code = x.code)
                  and not exists (select from app.spent_codes s where s.code = x.code)
                order by gen_random_uuid() limit needed) c;
            delete from app.beneficiary_persons p
            using unnest(claimed[cardinality(codes) + 1 :]) as left_over (place)
            where p.beneficiary_id = ids[left_over.place];
            claimed := claimed[: cardinality(codes)];
        end if;
    end if;
    select coalesce(array_agg(ids[c.place]), '{}') into new_ids from unnest(claimed) as c (place);

    insert into app.accounts (id, role, display_name, created_at)
    select c.id, 'beneficiary', c.code, moment from unnest(new_ids, codes) as c (id, code);
    insert into app.beneficiaries (id, code, association_id, eligible_until, created_at)
    select c.id, c.code, enroller, untils[c.place], moment
    from unnest(new_ids, codes, claimed) as c (id, code, place);
    insert into key_vault.data_keys (account_id, wrapped, master_key, made_at)
    select c.id, wrapped_keys[c.place], enrol_people.master_key, moment
    from unnest(new_ids, claimed) as c (id, place);
    insert into app.one_time_tokens (token_hash, account_id, purpose, expires_at)
    select activation_hashes[c.place], c.id, 'activate', moment + interval '30 days'
    from unnest(new_ids, claimed) as c (id, place);
    perform app.note_each('beneficiary.enrolled', 'beneficiary', new_ids, case
        when app.acting_client() is not null then jsonb_build_object('association', enroller) end);
    -- 3. Who each line is now: the person enrolled above, or the one who was there.
    select array_agg(found.id order by n.place) into persons
    from unnest(ids) with ordinality as n (id, place)
    left join (
        select distinct on (f.place) f.place, b.id
        from (select i.place, p.beneficiary_id, p.identity_rank
              from unnest(identities) with ordinality as i (identity, place)
              join app.beneficiary_persons p on p.identity = i.identity
              union all
              select i.place, p.beneficiary_id, p.identity_rank
              from unnest(former_identities) with ordinality as i (identity, place)
              join app.beneficiary_persons p on p.identity = i.identity and p.identity_method < method) f
        join app.beneficiaries b on b.id = f.beneficiary_id
        order by f.place, b.association_id = enroller desc nulls last, f.identity_rank, b.id) found
        on found.place = n.place;
    -- `already` tells that somebody is enrolled elsewhere, so each of those leaves an entry in the audit log.
    select array_agg(distinct b.id) into elsewhere
    from unnest(untils, persons) as n (until, person)
    join app.beneficiaries b on b.id = n.person
    where n.until between today and last_day and b.id <> all (new_ids)
      and b.association_id is distinct from enroller;
    perform app.note_each('beneficiary.found_elsewhere', 'beneficiary', elsewhere);

    return query
        select n.place::int,
               case when c.place is not null then 'enrolled' when n.until < today then 'past'
                    when n.until > last_day then 'too_long'
                    when n.person is not null then 'already' else 'no_code' end,
               b.id, b.code, t.token_hash
        from unnest(untils, persons) with ordinality as n (until, person, place)
        left join unnest(claimed) as c (place) on c.place = n.place
        left join app.beneficiaries b
            on b.id = n.person and n.until between today and last_day and (c.place is not null or b.association_id = enroller)
        left join app.one_time_tokens t
            on t.account_id = b.id and t.purpose = 'activate' and t.used_at is null and t.expires_at > moment
        order by n.place;
end $$;
