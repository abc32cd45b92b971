-- Trigger: check an association's edit of itself, and give it a new version.
-- Fires before an update of app.associations by the role `authenticated` (policies/tables/associations.sql), which
-- PATCH /v1/associations/me makes.
-- A verified association may add a number that it did not have, but not change one. The time zone of its commune is
-- fixed too once it was verified: a quota's day or a month's end that it could move would give portions, or tell single
-- people from figures. Only an association that never gave a commune may still give it. A rejected association that
-- corrects its name or a number is pending again. The audit log gets the names of the changed fields, not their
-- values. A search finds it at its coordinates or, without them, at the centre of its commune.
-- Definer, because it writes the audit log and marks photos as used.
-- Locks, under the association's lock: the photos (take_page_photo).
create or replace function app.guard_association() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    zone    text := app.zone_of(new.insee_code);
    changed text[];
begin
    new.version := old.version + 1;
    if old.status = 'verified' and (coalesce(new.rna, '') <> coalesce(old.rna, new.rna, '')
                                    or coalesce(new.siret, '') <> coalesce(old.siret, new.siret, '')) then
        raise exception 'association.number_fixed' using errcode = 'EP409';
    end if;
    if num_nonnulls(new.rna, new.siret) = 0 and num_nonnulls(old.rna, old.siret) > 0 then
        raise exception 'association.number_missing' using errcode = 'EP422';
    end if;
    if zone <> old.time_zone then
        if old.insee_code is not null and (old.status = 'verified' or exists (
                select from app.decisions d
                where d.subject = 'association' and d.subject_id = new.id and d.decision = 'verified')) then
            raise exception 'association.zone_fixed' using errcode = 'EP409';
        end if;
        new.time_zone_since := app.clock();
    end if;
    if old.status = 'rejected' and (new.name, new.rna, new.siret) is distinct from (old.name, old.rna, old.siret) then
        new.status := 'pending';
    end if;
    if (new.insee_code, new.latitude, new.longitude, new.is_public)
       is distinct from (old.insee_code, old.latitude, old.longitude, old.is_public) then
        if new.latitude is not null
           and not (case when new.insee_code is null then app.in_france(new.latitude, new.longitude)
                         else app.in_territory(new.insee_code, new.latitude, new.longitude) end) then
            raise exception 'association.outside_territory' using errcode = 'EP422';
        end if;
        new.place := coalesce(app.mercator(new.latitude, new.longitude),
                              (select app.mercator(p.latitude, p.longitude) from app.places p
                               where p.insee_code = new.insee_code));
    end if;
    if new.photo_id is distinct from old.photo_id then
        perform app.take_page_photo(new.photo_id, old.photo_id, new.id);
    end if;
    select array_agg(n.key order by n.key) into changed
    from jsonb_each(to_jsonb(new)) n join jsonb_each(to_jsonb(old)) o on o.key = n.key
    where o.value is distinct from n.value and n.key not in ('version', 'time_zone', 'time_zone_since', 'place');
    if changed is not null then
        perform app.note('association.changed', 'association', new.id, jsonb_build_object('fields', changed));
    end if;
    return new;
end $$;
