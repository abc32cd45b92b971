-- Write into the audit log what happened to a member, or to an invitation that nobody has accepted.
-- Called by the acts that change members. The entry is about the person, or about the shop, association or organisation
-- while there is none. Only the owner may execute it.
create or replace function app.note_member(what text, member app.members, person uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.note(
        what,
        case when person is not null then 'account' when member.shop_id is not null then 'shop'
             when member.association_id is not null then 'association' else 'organisation' end,
        coalesce(person, member.shop_id, member.association_id, member.organisation_id),
        jsonb_strip_nulls(jsonb_build_object('member', member.id, 'role', member.role, 'shop', member.shop_id,
                                             'association', member.association_id, 'organisation', member.organisation_id)));
end $$;
