-- Raise a problem unless an association may receive a collection: EP404 if it is not verified, EP409 if the shop that gives
-- sells on more than 400 m² and has no agreement with it that is in force.
-- Called by make_collection, offer_collection and accept_collection. Only the owner may execute it.
-- Source: article L541-15-6 of the Code de l'environnement.
-- Definer, because it reads associations, shops and agreements whoever asks.
create or replace function app.require_receiver(association uuid, shop uuid) returns void
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    receiver app.associations;
begin
    select * into receiver from app.associations a where a.id = association and a.status = 'verified';
    if not found then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    if exists (select from app.shops s where s.id = shop and s.above_400_m2)
       and not exists (
           select from app.agreements g
           where g.association_id = association and g.shop_id = shop and g.status = 'confirmed'
             and (g.ends_on is null or g.ends_on >= app.local_day(app.clock(), receiver.time_zone))) then
        raise exception 'collection.no_agreement' using errcode = 'EP409';
    end if;
end $$;
