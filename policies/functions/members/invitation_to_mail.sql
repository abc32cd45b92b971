-- Return what the mail of an invitation says, with the address and the token still sealed; nulls if nobody may accept it
-- any more. The mail is in the language of whoever invited.
-- Called by the worker for the mail of an invitation. Definer, because nobody may read members; only the worker may
-- execute it.
create or replace function app.invitation_to_mail(
    member uuid, out lookup bytea, out sealed bytea, out role text, out shop text, out association text,
    out organisation text, out locale text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    select m.lookup, m.sealed, m.role, s.name, a.name, o.name, i.locale
    into lookup, sealed, role, shop, association, organisation, locale
    from app.members m
    left join app.shops s on s.id = m.shop_id
    left join app.associations a on a.id = m.association_id
    left join app.organisations o on o.id = m.organisation_id
    left join app.accounts i on i.id = m.invited_by
    where m.id = member and m.account_id is null and m.ends_at > app.clock()
      and (coalesce(s.status, a.status) = 'verified' or o.status = 'active');
end $$;
grant execute on function app.invitation_to_mail(uuid) to ecopanier_worker;
