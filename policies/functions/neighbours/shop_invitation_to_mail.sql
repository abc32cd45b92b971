-- Return what the mail of a shop's invitation says, with address and token still sealed; nulls if it is over. The mail is in
-- the language of whoever invited.
-- Called by the worker for the mail; it then asks mail_shop_invitation with the opened address.
-- Definer, because nobody may read invitations; only the worker may execute it.
create or replace function app.shop_invitation_to_mail(
    invitation uuid, out lookup bytea, out sealed bytea, out shop text, out locale text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    select i.lookup, i.sealed, s.name, a.locale into lookup, sealed, shop, locale
    from app.shop_invitations i
    join app.shops s on s.id = i.shop_id and s.status = 'verified'
    left join app.accounts a on a.id = i.invited_by
    where i.id = invitation and i.sealed is not null and i.registered_at is null and i.refused_at is null
      and i.ends_at > app.clock();
end $$;
grant execute on function app.shop_invitation_to_mail(uuid) to ecopanier_worker;
