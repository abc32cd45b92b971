-- End a shop's invitation, and let nobody invite its address again; return whether there is one with this token.
-- Called by POST /v1/shop-invitations/{token}/refuse, as the API, for whoever holds the token: also after the invitation was
-- refused or used, so that the link in an old mail still works.
-- Definer, because nobody may write invitations; only the API may execute it.
-- Locks: the invitation, then the address's refusal.
create or replace function app.refuse_shop_invitation(held bytea) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    refused app.shop_invitations;
begin
    update app.shop_invitations i set refused_at = coalesce(i.refused_at, moment), sealed = null
    where i.token_hash = held returning * into refused;
    if not found then return false; end if;
    if refused.lookup is not null then
        insert into app.refused_invitations (lookup, at) values (refused.lookup, moment)
        on conflict (lookup) do update set at = excluded.at;
    end if;
    return true;
end $$;
grant execute on function app.refuse_shop_invitation(bytea) to ecopanier_api;
