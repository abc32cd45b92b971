-- Decide whether the mail of a shop's invitation goes, and note that it does: not to an address that belongs to an account, that
-- refused such mails, or that another invitation was mailed to within 30 days, whichever shop made it.
-- Called by the worker for the mail. A job that runs again sends the same invitation again.
-- Definer, because nobody may look addresses up; only the worker may execute it.
-- Locks: an advisory lock on the address, so that of several invitations at once one is mailed; then the invitation.
create or replace function app.mail_shop_invitation(invitation uuid, address text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    wanted app.shop_invitations;
begin
    perform app.claim_address(i.lookup) from app.shop_invitations i where i.id = invitation;
    select * into wanted from app.shop_invitations i where i.id = invitation for update;
    if wanted.lookup is null or wanted.registered_at is not null or wanted.refused_at is not null
       or exists (select from app.refused_invitations r where r.lookup = wanted.lookup)
       or app.holder_of_address(address, wanted.lookup) is not null
       or exists (select from app.shop_invitations o
                  where o.lookup = wanted.lookup and o.id <> invitation and o.mailed_at > moment - interval '30 days') then
        return false;
    end if;
    update app.shop_invitations i set mailed_at = coalesce(i.mailed_at, moment) where i.id = invitation;
    return true;
end $$;
grant execute on function app.mail_shop_invitation(uuid, text) to ecopanier_worker;
