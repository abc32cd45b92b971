-- Keep that a side is not interested in an agreement with a neighbour: it is not suggested to that side again for as long as
-- neighbour_dismissals are kept.
-- Called by POST /v1/neighbours/dismissals: with an association as owner or staff of the shop; without one as owner or staff of
-- a verified association. The neighbour is not told, and goes on seeing its own suggestions.
-- Definer, because nobody may write dismissals. Only a neighbour that could be suggested is found, so that nobody learns of
-- an association that is not public.
-- Locks: the dismissal.
create or replace function app.dismiss_neighbour(shop uuid, association uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own uuid;
begin
    if association is not null then
        if not exists (select from app.shops_of(app.caller(), 'staff') o where o = shop) then
            raise exception 'shop.not_found' using errcode = 'EP404';
        end if;
        if not exists (select from app.associations a where a.id = association
                         and (app.is_shown(a)
                              or exists (select from app.agreements g where g.association_id = a.id and g.shop_id = shop
                                           and g.status in ('confirmed', 'ended')))) then
            raise exception 'association.not_found' using errcode = 'EP404';
        end if;
    else
        own := app.acting_verified();
        if own is null then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
        if not exists (select from app.shops s where s.id = shop and s.status = 'verified' and s.shows_leftovers) then
            raise exception 'shop.not_found' using errcode = 'EP404';
        end if;
    end if;
    insert into app.neighbour_dismissals as d (shop_id, association_id, said_by, at)
    values (shop, coalesce(association, own), case when own is null then 'shop' else 'association' end, app.clock())
    on conflict (shop_id, association_id, said_by) do update set at = excluded.at;
end $$;
grant execute on function app.dismiss_neighbour(uuid, uuid) to authenticated;
