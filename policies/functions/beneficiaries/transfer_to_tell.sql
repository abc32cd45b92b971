-- Return what the mails about a transfer say: the person's code, both associations' names, and who answers it; nothing
-- if the transfer has left this stage (`pending` or `accepted`) meanwhile.
-- Called by the worker's job beneficiaries.tell_transfer, right before it writes the mail.
-- Definer, because the worker may read neither transfers nor beneficiaries; only the worker may execute it.
create or replace function app.transfer_to_tell(
    transfer uuid, stage text, out beneficiary_id uuid, out code text, out giver text, out receiver text,
    out giver_id uuid, out receiver_id uuid, out waits_for text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    select t.beneficiary_id, b.code, f.name, r.name, f.id, r.id, app.transfer_waits_for(t)
    into beneficiary_id, code, giver, receiver, giver_id, receiver_id, waits_for
    from app.transfers t
    join app.beneficiaries b on b.id = t.beneficiary_id and b.status <> 'erased'
    join app.associations r on r.id = t.to_association_id
    left join app.associations f on f.id = t.from_association_id
    where t.id = transfer and t.status = stage;
end $$;
grant execute on function app.transfer_to_tell(uuid, text) to ecopanier_worker;
