-- Ask to transfer a beneficiary to another verified association, or, as an admin, transfer them at once.
-- Called by POST /v1/beneficiaries/{beneficiary_id}/transfer, as the association that enrolled them or as an admin
-- (for example when an association is dissolved). An association's request waits for the receiving association to
-- accept it.
-- Definer, because nobody may write transfers. own_beneficiary decides who gets through.
-- Locks: the beneficiary, the receiving association (receive_beneficiary), then the transfers.
create or replace function app.ask_transfer(beneficiary uuid, receiver uuid) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own      app.beneficiaries := app.own_beneficiary(beneficiary);
    at_once  boolean := app.caller_role() = 'admin';
    moment   timestamptz := app.clock();
    transfer uuid;
begin
    if not exists (select from app.associations a join app.accounts c on c.id = a.id
                   where a.id = receiver and a.status = 'verified' and c.status = 'active') then
        raise exception 'association.not_found' using errcode = 'EP404';
    end if;
    if own.association_id = receiver then raise exception 'transfer.already_there' using errcode = 'EP409'; end if;
    if at_once then
        perform app.receive_beneficiary(beneficiary, receiver);
        update app.transfers t set status = 'withdrawn', ended_at = moment
        where t.beneficiary_id = beneficiary and t.status = 'pending';
    elsif exists (select from app.transfers t where t.beneficiary_id = beneficiary and t.status = 'pending') then
        raise exception 'transfer.pending' using errcode = 'EP409';
    end if;
    insert into app.transfers (beneficiary_id, from_association_id, to_association_id, status, asked_by, asked_at, ended_at)
    values (beneficiary, own.association_id, receiver, case when at_once then 'accepted' else 'pending' end, app.caller(),
            moment, case when at_once then moment end)
    returning id into transfer;
    perform app.note('beneficiary.' || case when at_once then 'transferred' else 'transfer_asked' end, 'beneficiary',
                     beneficiary, jsonb_build_object('from', own.association_id, 'to', receiver));
    return transfer;
end $$;
grant execute on function app.ask_transfer(uuid, uuid) to authenticated;
