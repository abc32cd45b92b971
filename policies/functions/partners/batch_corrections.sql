-- Return those of the next `most` people of a batch whom an earlier one enrolled by the same external id: what was sent and
-- what is held, each sealed with the key beside it.
-- Called by the worker's job partners.enrol, which seals what was sent with the person's own key if it differs. Definer,
-- because nobody may read sealed persons; only the worker may execute it.
create or replace function app.batch_corrections(batch uuid, most int)
returns table (place int, sent_id uuid, sent bytea, sent_wrapped bytea, sent_master_key text, sent_household_size int,
               beneficiary uuid, held bytea, held_wrapped bytea, held_master_key text, held_household_size int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select n.place, n.account_id, n.sealed, n.wrapped, n.master_key, n.household_size, b.id, p.sealed, k.wrapped,
           k.master_key, p.household_size
    from (select i.* from app.partner_people i where i.batch_id = batch and i.outcome is null order by i.place limit most) n
    join app.partner_batches x on x.id = n.batch_id
    join app.partner_enrolments e on e.lookup = n.lookup
    join app.beneficiaries b on b.id = e.beneficiary_id and b.association_id = x.association_id and b.status <> 'erased'
    join app.beneficiary_persons p on p.beneficiary_id = b.id
    join key_vault.data_keys k on k.account_id = b.id
    where not n.ends
    order by n.place;
end $$;
grant execute on function app.batch_corrections(uuid, int) to ecopanier_worker;
