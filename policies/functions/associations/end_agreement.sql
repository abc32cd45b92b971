-- End an agreement that is proposed or confirmed, by either side.
-- Called by POST /v1/agreements/{agreement_id}/end, as the association or as the shop's merchant.
-- Definer, because nobody may write agreements. Only the agreement's own association or the owner of its shop gets
-- through.
-- Locks: the agreement.
create or replace function app.end_agreement(agreement uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    over app.agreements;
    side text;
begin
    select g.* into over from app.agreements g
    where g.id = agreement and g.status not in ('coming', 'going')
      and (g.association_id = any (array(select app.associations_of(app.caller(), 'owner'))) or g.shop_id = any (array(select app.shops_of(app.caller(), 'owner')))) for update;
    if not found then raise exception 'agreement.not_found' using errcode = 'EP404'; end if;
    side := case when over.association_id = any (array(select app.associations_of(app.caller(), 'owner'))) then 'association' else 'shop' end;
    if over.status not in ('proposed', 'confirmed') then raise exception 'agreement.over' using errcode = 'EP409'; end if;
    update app.agreements g set status = 'ended', ended_at = app.clock(), ended_by = side where g.id = agreement;
    perform app.note('agreement.ended', 'agreement', agreement, jsonb_build_object('by', side));
end $$;
grant execute on function app.end_agreement(uuid) to authenticated;
