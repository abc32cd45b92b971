-- Return whether an account may see and reserve free lots today: active, verified, and its right has not ended where
-- its association is.
-- Called by reserve, lots_near, join_waiting, allowance, own_quota and caller_is_current_beneficiary.
-- Definer, because it reads beneficiaries for whoever calls it; only the owner may execute it, because it answers
-- about anybody.
create or replace function app.is_current_beneficiary(account uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (
        select from app.beneficiaries b join app.accounts a on a.id = b.id
        left join app.associations o on o.id = b.association_id
        where b.id = account and a.status = 'active' and a.role = 'beneficiary'
          and b.status = 'verified' and b.eligible_until >= app.local_day(app.clock(), o.time_zone));
end $$;
