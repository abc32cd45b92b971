-- Propose an agreement whose document is stored: from now on its shop sees it and may confirm it.
-- Called by POST /v1/agreements after the document was stored, as the association.
-- A confirmed agreement of the same two whose last day has passed ends and makes room. If two proposals come at once,
-- a unique index lets one through.
-- Definer, because nobody may write agreements. Only owners of the association that began the agreement get through.
-- Locks: the agreement, then the earlier one that has run out.
create or replace function app.propose_agreement(agreement uuid, bytes int) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    proposed app.agreements;
begin
    select g.* into proposed from app.agreements g
    where g.id = agreement and g.association_id = any (array(select app.associations_of(app.caller(), 'owner'))) and g.status = 'coming' for update;
    if not found then raise exception 'agreement.not_found' using errcode = 'EP404'; end if;
    update app.agreements g set status = 'ended', ended_at = app.clock(), ended_by = 'its_date'
    where g.association_id = proposed.association_id and g.shop_id = proposed.shop_id and g.status = 'confirmed'
      and g.ends_on < app.local_day(
          app.clock(), (select a.time_zone from app.associations a where a.id = proposed.association_id));
    update app.agreements g set status = 'proposed', document_bytes = bytes where g.id = agreement;
    perform app.tell_shop(proposed.shop_id, 'agreement_proposed', jsonb_build_object(
        'association', (select a.name from app.associations a where a.id = proposed.association_id),
        'shop', (select s.name from app.shops s where s.id = proposed.shop_id)), agreement::text, agreement);
    perform app.note('agreement.proposed', 'agreement', agreement);
end $$;
grant execute on function app.propose_agreement(uuid, int) to authenticated;
