-- Return those of the next `most` people of a batch whom an earlier one enrolled by the same external id: what was sent and
-- what is held, each sealed with the key beside it.
-- Called by the worker's job partners.enrol, which seals what was sent with the person's own key if it differs. Definer,
-- because nobody may read sealed persons; only the worker may execute it.
create or replace function app.batch_corrections(batch uuid, most int)
returns table (place int, sent_id uuid, sent bytea, sent_wrapped bytea, sent_master_key text, sent_household_size int,
               beneficiary uuid, held bytea, held_wrapped bytea, held_master_key text, held_household_size int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
begin
    -- As in own_people: from each person by an index (`offset 0`), whatever the statistics say.
    return query
    select n.place, n.account_id, n.sealed, n.wrapped, n.master_key, n.household_size, h.id, h.sealed, h.wrapped, h.master_key,
           h.household_size
    from (select i.*, e.beneficiary_id, x.association_id
          from (select * from key_vault.partner_people p where p.batch_id = batch and p.outcome is null order by p.place limit most) i
          join app.partner_batches x on x.id = i.batch_id
          cross join lateral (select f.beneficiary_id from key_vault.partner_enrolments f where f.lookup = i.lookup offset 0) e
          where not i.ends and e.beneficiary_id is not null offset 0) n
    cross join lateral (
        select b.id, p.sealed, k.wrapped, k.master_key, p.household_size
        from app.beneficiaries b
        join app.beneficiary_persons p on p.beneficiary_id = b.id
        join key_vault.data_keys k on k.account_id = b.id
        where b.id = n.beneficiary_id and b.association_id = n.association_id and b.status <> 'erased' offset 0) h
    order by n.place;
end $$;
grant execute on function app.batch_corrections(uuid, int) to ecopanier_worker;
