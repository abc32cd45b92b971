-- Return a side of a collection as a party on its papers: a shop as its company (party_of), or an association.
-- Called by slip_contents and issue_donation. Definer, because not everybody may read every association; only the owner may
-- execute it.
create or replace function app.party_of_point(shop uuid, association uuid) returns jsonb
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select case when shop is not null then app.party_of(shop) - 'vat_number' - 'trading_name' else (
        select jsonb_build_object('name', a.name, 'legal_form', null, 'address', coalesce(a.address, ''), 'siret', a.siret,
                                  'rna', a.rna)
        from app.associations a where a.id = association) end
$$;
