-- End a pending transfer: the receiving association accepts or declines it, or the giving one withdraws it.
-- Called by POST /v1/beneficiaries/transfers/{transfer_id}/accept, /decline and /withdraw, as one of the two
-- associations. The first answer counts; a later one is refused.
-- Definer, because nobody may write transfers or move beneficiaries. Only the verified association on the right side
-- gets through. Once a transfer is accepted, row-level security lets the new association read the person and no longer
-- the old one.
-- Locks: the beneficiary, the receiving association (receive_beneficiary), then the transfer, as ask_transfer does.
create or replace function app.end_transfer(transfer uuid, how text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    asked app.transfers;
begin
    if how is null or how not in ('accepted', 'declined', 'withdrawn') then
        raise exception 'decision.unknown' using errcode = 'EP422';
    end if;
    select t.* into asked from app.transfers t
    where t.id = transfer
      and case how when 'withdrawn' then t.from_association_id else t.to_association_id end
          = (select a.id from app.associations a where a.id = app.caller() and a.status = 'verified');
    if not found then raise exception 'transfer.not_found' using errcode = 'EP404'; end if;
    perform from app.beneficiaries b where b.id = asked.beneficiary_id for update;
    -- The association is locked before its transfers, as erase_account does. If the transfer turns out to be over, the
    -- exception below undoes this.
    if how = 'accepted' then perform app.receive_beneficiary(asked.beneficiary_id, asked.to_association_id); end if;
    update app.transfers t set status = how, ended_at = app.clock() where t.id = transfer and t.status = 'pending';
    if not found then raise exception 'transfer.over' using errcode = 'EP409'; end if;
    perform app.note('beneficiary.transfer_' || how, 'beneficiary', asked.beneficiary_id,
                     jsonb_build_object('from', asked.from_association_id, 'to', asked.to_association_id));
end $$;
grant execute on function app.end_transfer(uuid, text) to authenticated;
