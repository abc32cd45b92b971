-- Revoke a beneficiary's lost card and sign out whoever uses it at a kiosk. Without an active card nothing changes.
-- Called by POST /v1/beneficiaries/{beneficiary_id}/card/revoke, as the association that enrolled them or as an admin.
-- Definer, because no role may write cards. own_beneficiary decides who gets through.
-- Locks: the beneficiary, then the card and its sessions (end_cards).
create or replace function app.revoke_card(holder uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    active uuid;
begin
    perform app.own_beneficiary(holder);
    select c.id into active from app.cards c where c.beneficiary_id = holder and c.status = 'active';
    if active is not null then perform app.end_cards(array[active], 'lost'); end if;
end $$;
grant execute on function app.revoke_card(uuid) to authenticated;
