-- Return whether a mail may be tried now: always, unless the relay fails; then one mail every 30 seconds, to find out
-- whether it works again.
-- Called by the worker before each mail. A relay that hangs would otherwise occupy every worker with the mails that
-- wait, and refunds would wait behind them.
-- The time is the machine's, as for the queue, whatever app.clock() says.
-- Definer, because nobody may write this row; only the worker may execute it.
-- Locks: the row of mail_relay, while the relay fails.
create or replace function app.mail_may_go() returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if exists (select from app.mail_relay r where r.failing_since is null) then return true; end if;
    update app.mail_relay r set tried_at = clock_timestamp()
    where r.failing_since is null or r.tried_at < clock_timestamp() - interval '30 seconds';
    return found;
end $$;
grant execute on function app.mail_may_go() to ecopanier_worker;
