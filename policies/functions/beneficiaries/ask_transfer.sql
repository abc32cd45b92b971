-- Ask to transfer a beneficiary to another verified association.
-- Called by POST /v1/beneficiaries/{beneficiary_id}/transfer, as the association that enrolled them or as an admin
-- (for example when an association is dissolved). Nobody moves until the request is accepted; transfer_waits_for says
-- by whom.
-- Definer, because nobody may write transfers. own_beneficiary decides who gets through.
-- Locks: the beneficiary, the receiving association (key share, so that it is not being closed), then the transfers.
create or replace function app.ask_transfer(beneficiary uuid, receiver uuid) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own   app.beneficiaries := app.own_beneficiary(beneficiary);
    asked app.transfers;
begin
    perform from app.associations a join app.accounts c on c.id = a.owner_id
    where a.id = receiver and a.status = 'verified' and c.status = 'active' for key share of a;
    if not found then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    if own.association_id = receiver then raise exception 'transfer.already_there' using errcode = 'EP409'; end if;
    if exists (select from app.transfers t where t.beneficiary_id = beneficiary and t.status = 'pending') then
        raise exception 'transfer.pending' using errcode = 'EP409';
    end if;
    insert into app.transfers (beneficiary_id, from_association_id, to_association_id, asked_by, asked_at)
    values (beneficiary, own.association_id, receiver, app.caller(), app.clock())
    returning * into asked;
    perform app.tell_transfer(asked, 'pending');
    perform app.note('beneficiary.transfer_asked', 'beneficiary', beneficiary,
                     jsonb_build_object('from', own.association_id, 'to', receiver));
    return asked.id;
end $$;
grant execute on function app.ask_transfer(uuid, uuid) to authenticated;
