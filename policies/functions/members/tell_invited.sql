-- Tell the account that has confirmed an invited address of the invitation, in the app, and return the language that it
-- reads; null if there is none. The `delivery` that is queued is then that of its notice. Once a delivery.
-- Called by the worker for the mail of an invitation, not by invite_member: the owner who invites must not learn from the
-- time that it takes whether the address has an account. The link's token stands in the mail alone.
-- Definer, because nobody may look an address up; only the worker may execute it.
-- Locks: the delivery.
create or replace function app.tell_invited(member uuid, delivery uuid, address text) returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    invited app.members;
    holder  app.accounts;
begin
    select * into invited from app.members m where m.id = member and m.account_id is null;
    if not found then return null; end if;
    select * into holder from app.accounts a
    where a.id = app.holder_of_address(address, invited.lookup) and a.status = 'active' and a.role <> 'admin';
    if not found then return null; end if;
    perform app.notify(
        holder.id, 'invitation',
        jsonb_build_object(
            'shop', (select s.name from app.shops s where s.id = invited.shop_id),
            'association', (select a.name from app.associations a where a.id = invited.association_id),
            'organisation', (select o.name from app.organisations o where o.id = invited.organisation_id),
            'role', invited.role),
        delivery::text, null, member, delivery);
    return holder.locale;
end $$;
grant execute on function app.tell_invited(uuid, uuid, text) to ecopanier_worker;
