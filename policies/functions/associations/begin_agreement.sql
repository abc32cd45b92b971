-- Begin an agreement of a verified association with a verified shop; return its id.
-- Called by POST /v1/agreements before the document is stored, as its owner.
-- Nobody else sees the agreement until propose_agreement says that its document is stored. An agreement that never
-- gets so far is removed by the worker's job associations.remove_orphans.
-- Definer, because nobody may write agreements. Only an owner of a verified association gets through.
create or replace function app.begin_agreement(shop uuid, signed date, ends date) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    association uuid := app.acting_association('owner');
    today       date := app.local_day(app.clock(), (select a.time_zone from app.associations a where a.id = association));
    agreement   uuid;
begin
    if not exists (select from app.associations a where a.id = association and a.status = 'verified') then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    if not exists (select from app.shops s where s.id = shop and s.status = 'verified') then
        raise exception 'shop.not_found' using errcode = 'EP404';
    end if;
    if signed > today or ends < signed or ends < today then
        raise exception 'agreement.days_invalid' using errcode = 'EP422';
    end if;
    if exists (select from app.agreements g
               where g.association_id = association and g.shop_id = shop and g.status in ('proposed', 'confirmed')
                 and (g.status = 'proposed' or g.ends_on is null or g.ends_on >= today)) then
        raise exception 'agreement.exists' using errcode = 'EP409';
    end if;
    insert into app.agreements (association_id, shop_id, signed_on, ends_on, created_at)
    values (association, shop, signed, ends, app.clock()) returning id into agreement;
    return agreement;
end $$;
grant execute on function app.begin_agreement(uuid, date, date) to authenticated;
