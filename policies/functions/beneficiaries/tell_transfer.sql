-- Queue the mails about a transfer that was asked for or accepted: one to each association and one to the person. The
-- other admins are told of one that waits for a second admin.
-- Called by ask_transfer and end_transfer. The person hears of what their own association asked for once it is
-- accepted, and of what an admin asked for at once.
-- Definer, because it queues jobs; only the owner may execute it.
create or replace function app.tell_transfer(transfer app.transfers, stage text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.defer('beneficiaries.tell_transfer', jsonb_build_object(
        'transfer_id', transfer.id, 'account_id', told.id, 'stage', stage))
    from (select unnest(array[transfer.from_association_id, transfer.to_association_id, transfer.beneficiary_id])
          union all
          select a.id from app.accounts a
          where stage = 'pending' and app.transfer_waits_for(transfer) = 'admin'
            and a.role = 'admin' and a.status = 'active' and a.id is distinct from transfer.asked_by) as told (id)
    where told.id is not null
      and (told.id <> transfer.beneficiary_id or stage = 'accepted'
           or not app.asked_by_association(transfer));
end $$;
