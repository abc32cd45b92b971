-- Of two who want one e-mail address at once, in clear or sealed, the second waits here until the first is done.
create or replace function app.claim_address(wanted text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('address ' || lower(wanted), 0));
end $$;
