-- Return who invites, to whoever holds the token of a shop's invitation, and until when; no row without such an invitation.
-- Called by GET /v1/shop-invitations/{token}, which changes nothing, and by POST …/open (`opens`), which notes the first time
-- that somebody went on from there.
-- Definer, because nobody may read invitations; only the API may execute it. It does not tell who was invited.
-- Locks: the invitation, if it opens.
create or replace function app.open_shop_invitation(
    held bytea, opens boolean, out shop text, out ends_at timestamptz) returns setof record
language plpgsql security definer set search_path = pg_catalog, pg_temp rows 1 as $$
#variable_conflict use_column
begin
    if opens then
        update app.shop_invitations i set opened_at = app.clock()
        where i.token_hash = held and i.opened_at is null and i.refused_at is null and i.ends_at > app.clock();
    end if;
    return query
    select s.name, i.ends_at from app.shop_invitations i join app.shops s on s.id = i.shop_id and s.status = 'verified'
    where i.token_hash = held and i.registered_at is null and i.refused_at is null and i.ends_at > app.clock();
end $$;
grant execute on function app.open_shop_invitation(bytea, boolean) to ecopanier_api;
