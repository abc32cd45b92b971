-- Return how many free portions an account reserved in the last 30 days and has picked up or can still pick up.
-- Called by line. Only the owner may execute it.
create or replace function app.portions_lately(account uuid) returns int
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select coalesce(sum(r.quantity), 0) from app.reservations r
            where r.account_id = account and r.quota_day is not null and r.status in ('confirmed', 'picked_up')
              and r.created_at > app.clock() - interval '30 days');
end $$;
