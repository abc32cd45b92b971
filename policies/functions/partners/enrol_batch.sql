-- Enrol the next `most` people of a batch, renew them, correct them or end their rights, and say so in their rows; return
-- how many are left. What was sealed for them is removed in the same transaction.
-- Called by the worker's job partners.enrol, some hundred people at a time, each time in a transaction of its own. A worker
-- that dies has done all of a step or nothing, and the next one goes on with the first person without an outcome.
-- `corrected` are the places of people whose data changed, with what is to be kept, sealed by the person's own key, and
-- `before` as the worker read it. If somebody else changed it meanwhile, the act raises try_again: the worker reads anew.
-- Somebody who is enrolled elsewhere gets the same outcome as anybody: only the association hears of it. Their entry in
-- partner_enrolments has no beneficiary, and whoever is sent again is tried again.
-- Its statements are planned anew at each call, and so are those of own_people and enrol_people under it: a plan that was
-- made for small tables reads a table again for each person once there are thousands.
-- Definer, because nobody may write accounts; only the worker may execute it.
-- Locks: the batch; the beneficiaries who are renewed, corrected or ended, in the order of ids; those of enrol_people.
create or replace function app.enrol_batch(
    batch uuid, most int, corrected int[], before bytea[], new_household_sizes int[], new_sealed bytea[],
    new_identities bytea[], new_former_identities bytea[], method int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
#variable_conflict use_variable
declare
    moment     timestamptz := app.clock();
    last_day   date := app.last_day_of_rights(moment);
    held       app.partner_batches;
    today      date;
    places     int[];
    own_places int[];
    own        uuid[];
    changed    uuid[];
    one        record;
    holder     uuid;
    new_places int[];
    persons    uuid[];
    outcomes   text[];
    far        int := 0;
begin
    select * into held from app.partner_batches x where x.id = batch and x.status = 'queued' for update;
    if not found then return 0; end if;
    perform set_config('app.client', held.client_id::text, true);
    today := app.local_day(moment, (select a.time_zone from app.associations a where a.id = held.association_id));
    if (app.living_client(held.client_id)).id is null or not app.association_works(held.association_id)
       or not exists (select from app.mandates m where m.client_id = held.client_id
                                                   and m.association_id = held.association_id and m.ended_at is null) then
        perform app.settle_people(batch, array(select i.place from key_vault.partner_people i
                                               where i.batch_id = batch and i.outcome is null),
                                  '[{"field": "association_id", "code": "mandate.missing"}]');
        return app.settle_batch(batch, 0);
    end if;
    places := array(select i.place from key_vault.partner_people i
                    where i.batch_id = batch and i.outcome is null order by i.place limit most);
    perform app.settle_people(batch, array(
        select i.place from key_vault.partner_people i
        where i.batch_id = batch and i.place = any (places) and not i.ends and i.eligible_until < today),
        '[{"field": "eligible_until", "code": "beneficiary.right_in_the_past"}]');
    perform app.settle_people(batch, array(
        select i.place from key_vault.partner_people i
        where i.batch_id = batch and i.place = any (places) and not i.ends and i.eligible_until > last_day),
        '[{"field": "eligible_until", "code": "beneficiary.right_too_long"}]');
    places := array(select i.place from key_vault.partner_people i
                    where i.batch_id = batch and i.place = any (places) and i.outcome is null order by i.place);

    -- 1. Whom the association has already: by the external id, or by the keyed hash if it enrolled them itself. Locked
    -- first and then asked for again, because a transfer may have moved somebody meanwhile.
    perform from app.beneficiaries b
    where b.id in (select f.beneficiary from app.own_people(batch, places) f) order by b.id for update;
    select coalesce(array_agg(f.place order by f.place), '{}'), coalesce(array_agg(f.beneficiary order by f.place), '{}')
    into own_places, own from app.own_people(batch, places) f;

    with over as (
        update app.beneficiaries b set eligible_until = today - 1, version = b.version + 1
        from unnest(own_places, own) as o (place, id)
        join key_vault.partner_people i on i.batch_id = batch and i.place = o.place
        where b.id = o.id and i.ends and b.eligible_until >= today returning b.id)
    select array_agg(distinct x.id) into changed from over x;
    perform app.note_each('beneficiary.right_ended', 'beneficiary', changed, jsonb_build_object('batch', batch));
    with renewed as (
        update app.beneficiaries b set eligible_until = n.eligible_until, version = b.version + 1
        from (select distinct on (o.id) o.id, i.eligible_until
              from unnest(own_places, own) as o (place, id)
              join key_vault.partner_people i on i.batch_id = batch and i.place = o.place
              where not i.ends order by o.id, o.place desc) n
        where b.id = n.id and b.eligible_until <> n.eligible_until returning b.id)
    select array_agg(x.id) into changed from renewed x;
    perform app.note_each('beneficiary.renewed', 'beneficiary', changed, jsonb_build_object('batch', batch));
    changed := '{}';
    for one in
        select o.id, n.* from unnest(corrected, before, new_household_sizes, new_sealed, new_identities, new_former_identities)
                   as n (place, before, household_size, sealed, identity, former_identity)
        join unnest(own_places, own) as o (place, id) on o.place = n.place order by o.id, n.place
    loop
        update app.beneficiary_persons p set household_size = one.household_size, sealed = one.sealed
        where p.beneficiary_id = one.id and p.sealed = one.before
          and (p.identity = one.identity or p.identity = one.former_identity and p.identity_method < method);
        if not found then
            if not exists (select from app.beneficiary_persons p
                           where p.beneficiary_id = one.id and p.sealed = one.before) then
                raise exception 'try_again' using errcode = 'EP503';
            end if;
            select p.beneficiary_id into holder from app.beneficiary_persons p
            where (p.identity = one.identity or p.identity = one.former_identity and p.identity_method < method)
              and p.beneficiary_id <> one.id
            order by p.identity_rank limit 1;
            if found then
                perform app.note('beneficiary.found_elsewhere', 'beneficiary', holder);
                far := far + 1;
                continue;
            end if;
            update app.beneficiary_persons p
            set household_size = one.household_size, sealed = one.sealed, identity = one.identity,
                identity_method = method, identity_rank = 0
            where p.beneficiary_id = one.id;
        end if;
        update app.beneficiaries b set version = b.version + 1 where b.id = one.id;
        changed := changed || one.id;
    end loop;
    perform app.note_each('person.corrected', 'beneficiary', changed, jsonb_build_object('batch', batch));

    -- 2. Everybody else.
    perform from app.associations a where a.id = held.association_id for key share;
    select coalesce(array_agg(i.place order by i.place), '{}') into new_places from key_vault.partner_people i
    where i.batch_id = batch and i.place = any (places) and i.place <> all (own_places) and not i.ends;
    if new_places <> '{}' then
        select array_agg(r.beneficiary order by r.place), array_agg(r.outcome order by r.place) into persons, outcomes
        from (select array_agg(i.account_id order by i.place) as ids, array_agg(i.eligible_until order by i.place) as untils,
                     array_agg(i.household_size order by i.place) as sizes, array_agg(i.sealed order by i.place) as sealed,
                     array_agg(i.identity order by i.place) as identities,
                     array_agg(i.former_identity order by i.place) as former, min(i.identity_method) as method,
                     array_agg(i.wrapped order by i.place) as wrapped, min(i.master_key) as master_key,
                     array_agg(i.activation_hash order by i.place) as activations
              from key_vault.partner_people i where i.batch_id = batch and i.place = any (new_places)) n,
             lateral app.enrol_people(held.association_id, n.ids, n.untils, n.sizes, n.sealed, n.identities, n.former,
                                      n.method, n.wrapped, n.master_key, n.activations) r;
        perform app.settle_people(
            batch, array(select u.place from unnest(new_places, outcomes) as u (place, outcome) where u.outcome = 'no_code'),
            '[{"field": "external_id", "code": "beneficiary.codes_used_up"}]');
        far := far + (select count(*)::int from unnest(persons, outcomes) as u (person, outcome)
                      where u.outcome = 'already' and u.person is null);
    end if;

    insert into key_vault.partner_enrolments (lookup, association_id, client_id, beneficiary_id, sealed_external, seen_at)
    select i.lookup, held.association_id, held.client_id, u.person, i.sealed_external, moment
    from unnest(own_places || new_places, own || persons) as u (place, person)
    join key_vault.partner_people i on i.batch_id = batch and i.place = u.place and i.outcome is null
    where not i.ends or u.person is not null
    on conflict (lookup) do update set beneficiary_id = excluded.beneficiary_id, seen_at = excluded.seen_at;
    perform app.settle_people(batch, array(select i.place from key_vault.partner_people i
                                           where i.batch_id = batch and i.place = any (places) and i.outcome is null), null);
    return app.settle_batch(batch, far);
end $$;
grant execute on function app.enrol_batch(uuid, int, int[], bytea[], int[], bytea[], bytea[], bytea[], int)
    to ecopanier_worker;
