-- Return the ids of the verified associations where the caller is owner or staff; nothing for any other account.
-- Called by the policy of app.beneficiary_persons and by acts on single beneficiaries, transfers and cards.
-- Definer for the same reason as associations_of. It returns ids only.
create or replace function app.verified_associations_of(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query select a.id from app.associations a
                 where a.id = any (array(select app.associations_of(account, 'staff'))) and a.status = 'verified';
end $$;
grant execute on function app.verified_associations_of(uuid) to authenticated;
