-- Note that a merchant registered with the invitation of a shop. Without such an invitation that is still open nothing happens:
-- the registration stands either way.
-- Called by confirm_address, once the address is confirmed, and by POST /v1/auth/register where Supabase Auth has confirmed it.
-- `named`: they agreed that the inviting shop is told their shop's name when it publishes its first lot. An invitation is
-- used once, and not by who made it.
-- Definer, because nobody may write invitations; only the API may execute it.
-- Locks: the invitation.
create or replace function app.answer_shop_invitation(account uuid, held bytea, wants_named boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.shop_invitations i
    set account_id = account, registered_at = app.clock(), opened_at = coalesce(i.opened_at, app.clock()), named = wants_named,
        sealed = null
    where i.token_hash = held and i.registered_at is null and i.refused_at is null and i.ends_at > app.clock()
      and i.invited_by is distinct from account
      and exists (select from app.accounts a where a.id = account and a.role = 'merchant');
end $$;
grant execute on function app.answer_shop_invitation(uuid, bytea, boolean) to ecopanier_api;
