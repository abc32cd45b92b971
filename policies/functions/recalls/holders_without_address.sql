-- Return the beneficiaries who hold or have a recalled lot and have no confirmed address of their own: their codes, and
-- what was written down of them at their enrolment, sealed, in which there may be an address.
-- Called by the worker's job recalls.tell_supporter, for what one association or admin is to pass on. With a
-- `reservation`, its holder is returned whatever addresses they have, because a mail to them came back.
-- Codes and sealed persons only: the mail names nobody. Opening what is sealed is noted in the audit log.
-- Definer, because nobody may read data keys; only the worker may execute it.
create or replace function app.holders_without_address(lot uuid, supporter uuid, reservation uuid default null)
returns table (account_id uuid, code text, enrolled bytea, wrapped bytea, master_key text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    found_ids uuid[] := array(
        select distinct b.id
        from app.reservations r
        join app.beneficiaries b on b.id = r.account_id and b.code is not null
        left join app.sealed_addresses s on s.account_id = b.id and s.verified_at is not null
        where r.lot_id = lot and supporter in (select app.supporters_of(b.id))
          and (r.id = reservation
               or reservation is null and s.account_id is null
                  and (r.status = 'picked_up' or r.status = 'cancelled' and r.ended_because = 'recalled'))
        order by b.id);
begin
    perform app.note_each('person.opened', 'beneficiary', found_ids, jsonb_build_object('why', 'lot_recalled'));
    return query
        select b.id, b.code, p.sealed, k.wrapped, k.master_key
        from app.beneficiaries b
        left join app.beneficiary_persons p on p.beneficiary_id = b.id
        left join key_vault.data_keys k on k.account_id = b.id
        where b.id = any (found_ids)
        order by b.code;
end $$;
grant execute on function app.holders_without_address(uuid, uuid, uuid) to ecopanier_worker;
