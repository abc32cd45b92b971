-- End a pending transfer: whoever has to answer it accepts or declines it, or whoever asked for it withdraws it.
-- Called by POST /v1/beneficiaries/transfers/{transfer_id}/accept, /decline and /withdraw, as one of the two
-- associations or as an admin. transfer_waits_for says who answers; an admin may withdraw any. The first answer counts;
-- a later one is refused.
-- Definer, because nobody may write transfers or move beneficiaries. Only owners and staff of the verified association on the
-- right side get through, or an admin who did not ask for it where no association can answer. Once a transfer is accepted, row-level
-- security lets the new association read the person and no longer the old one. The person's cards end with the kiosk
-- sessions that they opened: whoever had the person before may still have both.
-- Locks: the beneficiary, the receiving association (receive_beneficiary), the transfer, then the person's cards and
-- their sessions (end_cards), in the order in which erase_account meets them.
create or replace function app.end_transfer(transfer uuid, how text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    is_admin    boolean := coalesce(app.caller_role() = 'admin', false);
    theirs      uuid[] := array(select app.verified_associations_of(app.caller()));
    asked       app.transfers;
    answers     text;
    may         boolean;
begin
    if how is null or how not in ('accepted', 'declined', 'withdrawn') then
        raise exception 'decision.unknown' using errcode = 'EP422';
    end if;
    select t.* into asked from app.transfers t
    where t.id = transfer and (is_admin or t.from_association_id = any (theirs) or t.to_association_id = any (theirs));
    if not found then raise exception 'transfer.not_found' using errcode = 'EP404'; end if;
    answers := app.transfer_waits_for(asked);
    may := case when how = 'withdrawn' then is_admin or app.asked_by_association(asked) and asked.from_association_id = any (theirs)
                when answers = 'receiver' then asked.to_association_id = any (theirs)
                when answers = 'giver' then asked.from_association_id = any (theirs)
                else is_admin end;
    if may is not true then
        if is_admin then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
        raise exception 'transfer.not_found' using errcode = 'EP404';
    end if;
    if how <> 'withdrawn' and is_admin and asked.asked_by = app.caller() then
        raise exception 'transfer.second_admin_needed' using errcode = 'EP409';
    end if;
    perform from app.beneficiaries b where b.id = asked.beneficiary_id for update;
    -- The association is locked before its transfers, as erase_account does. If the transfer turns out to be over, the
    -- exception below undoes this.
    if how = 'accepted' then perform app.receive_beneficiary(asked.beneficiary_id, asked.to_association_id); end if;
    update app.transfers t set status = how, ended_at = app.clock() where t.id = transfer and t.status = 'pending';
    if not found then raise exception 'transfer.over' using errcode = 'EP409'; end if;
    if how = 'accepted' then
        perform app.end_cards(array(
            select c.id from app.cards c where c.beneficiary_id = asked.beneficiary_id and c.status = 'active'),
            'transferred');
        perform app.tell_transfer(asked, 'accepted');
    end if;
    perform app.note('beneficiary.transfer_' || how, 'beneficiary', asked.beneficiary_id,
                     jsonb_build_object('from', asked.from_association_id, 'to', asked.to_association_id));
end $$;
grant execute on function app.end_transfer(uuid, text) to authenticated;
