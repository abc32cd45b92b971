-- Tell each association and the person of a transfer that was asked for or accepted. The other admins are told of one
-- that waits for a second admin.
-- Called by ask_transfer, end_transfer and tell_queued. The person hears of what their own association asked for once it
-- is accepted, and of what an admin asked for at once.
-- Associations read the person's code, and the notice is erased with the person.
-- Definer, because it writes notices; only the owner may execute it.
create or replace function app.tell_transfer(transfer app.transfers, stage text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(
        app.who_answers(told.id), case told.id when b.id then 'transfer_of_yours' else 'transfer' end,
        jsonb_build_object(
            'accepted', stage = 'accepted', 'code', b.code, 'giver', f.name, 'receiver', r.name,
            'to_receiver', told.id = r.id,
            'to_admin', told.id is distinct from f.id and told.id <> r.id, 'waits_for', app.transfer_waits_for(transfer)),
        transfer.id || ' ' || told.id || ' ' || stage, b.id, transfer.id)
    from (select unnest(array[transfer.from_association_id, transfer.to_association_id, transfer.beneficiary_id])
          union all
          select a.id from app.accounts a
          where stage = 'pending' and app.transfer_waits_for(transfer) = 'admin'
            and a.role = 'admin' and a.status = 'active' and a.id is distinct from transfer.asked_by) as told (id)
    join app.beneficiaries b on b.id = transfer.beneficiary_id and b.status <> 'erased'
    join app.associations r on r.id = transfer.to_association_id
    left join app.associations f on f.id = transfer.from_association_id
    where told.id is not null
      and (told.id <> transfer.beneficiary_id or stage = 'accepted'
           or not app.asked_by_association(transfer));
end $$;
