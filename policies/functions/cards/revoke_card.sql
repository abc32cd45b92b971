-- A card was lost: an admin, or the association that enrolled its holder, makes it worth nothing at once, and who is at a
-- kiosk with it is signed out. A card that is revoked already stays so. Definer, because no role writes cards.
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
