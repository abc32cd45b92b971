-- Return up to `most` members and open invitations of a shop, an association or an organisation, in the order of ids,
-- after `beyond`, or only `wanted`.
-- Called by GET /v1/shops/{shop_id}/members, GET /v1/associations/me/members and
-- GET /v1/organisations/{organisation_id}/members, as an owner, with one of the three ids; for an organisation also as an
-- admin, who follows the invitation of its first owner.
-- An owner knows members by their e-mail addresses. Those of beneficiaries, and of whom nobody knows yet, are sealed;
-- opening one is noted, and from the list nobody can tell whose account is a beneficiary's. `mail_state` is that of an
-- invitation's latest mail; it does not depend on whether the address has an account.
-- Definer, because nobody may read members. Only an owner gets through, or an admin to an organisation.
create or replace function app.members_of(
    shop uuid, association uuid, most int, beyond uuid default null, wanted uuid default null,
    organisation uuid default null,
    out id uuid, out account_id uuid, out role text, out email text, out sealed_address bytea, out wrapped bytea,
    out master_key text, out lookup bytea, out sealed_invitation bytea, out created_at timestamptz,
    out joined_at timestamptz, out ends_at timestamptz, out mail_state text) returns setof record
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    opened uuid[];
begin
    if shop is not null and shop <> all (array(select app.shops_of(app.caller(), 'owner'))) then
        raise exception 'shop.not_found' using errcode = 'EP404';
    elsif organisation is not null and app.caller_role() is distinct from 'admin'
          and organisation <> all (array(select app.organisations_of(app.caller(), 'owner'))) then
        raise exception 'organisation.not_found' using errcode = 'EP404';
    elsif shop is null and organisation is null
          and (association is null or association <> all (array(select app.associations_of(app.caller(), 'owner')))) then
        raise exception 'association.not_found' using errcode = 'EP404';
    end if;
    opened := array(
        select x.account_id from app.sealed_addresses x
        where x.account_id in (
            select m.account_id from app.members m
            where (m.shop_id = shop or m.association_id = association or m.organisation_id = organisation) and (beyond is null or m.id > beyond)
              and (wanted is null or m.id = wanted)
            order by m.id limit most));
    perform app.note_each('address.opened', 'account', opened, '{"why": "members"}');
    return query
    select m.id, m.account_id, m.role, a.email, x.sealed, k.wrapped, k.master_key, m.lookup, m.sealed, m.created_at,
           m.joined_at, m.ends_at,
           case when m.account_id is null then (
               select d.state from app.notice_deliveries d
               where d.subject = m.id and d.mail = 'invitation' order by d.id desc limit 1) end
    from app.members m
    left join app.accounts a on a.id = m.account_id
    left join app.sealed_addresses x on x.account_id = m.account_id
    left join key_vault.data_keys k on k.account_id = x.account_id
    where (m.shop_id = shop or m.association_id = association or m.organisation_id = organisation) and (beyond is null or m.id > beyond)
      and (wanted is null or m.id = wanted)
    order by m.id limit most;
end $$;
grant execute on function app.members_of(uuid, uuid, int, uuid, uuid, uuid) to authenticated;
