-- Return a shop as a party on papers: its company if it has named it, otherwise the shop as it was registered.
-- Called by the acts that issue documents. Definer, because not everybody may read every shop; only the owner may execute it.
create or replace function app.party_of(shop uuid) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object(
        'name', coalesce(s.legal_name, s.name), 'trading_name', s.name, 'legal_form', s.legal_form,
        'address', coalesce(s.legal_address, s.address), 'siret', coalesce(e.siret, s.siret), 'vat_number', s.vat_number)
    from app.shops s left join accounting.erased_shops e on e.shop_id = s.id where s.id = shop
$$;
