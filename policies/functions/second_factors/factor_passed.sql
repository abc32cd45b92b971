-- Return whether the sign-in that a transaction's claims name has passed the second factor: by our session's row, or
-- with Supabase Auth by its assurance level. Our own tokens never claim a level.
-- Called by admin_lacks_factor, require_factor and own_second_factors. Definer, because policies show
-- sessions to their holder only; only the owner may execute it.
create or replace function app.factor_passed(account uuid, claims jsonb) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce(claims ->> 'aal' = 'aal2', false) or exists (
        select from app.sessions s
        where s.id = (claims ->> 'session_id')::uuid and s.account_id = account
          and s.factor_at is not null and s.ended_at is null);
end $$;
