-- Note that the relay took a mail: it works. Return since when it had failed, if operators were told that it does.
-- Called by the worker after each mail that it handed to a relay.
-- The time is the machine's, as for the queue, whatever app.clock() says.
-- Definer, because nobody may write these rows; only the worker may execute it.
-- Locks: the row of mail_relay, then the mail's.
create or replace function app.mail_accepted(message bytea) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    failed_since timestamptz;
begin
    select r.failing_since into failed_since from app.mail_relay r for update;
    update app.mail_relay set accepted_at = clock_timestamp(), failing_since = null;
    delete from app.undelivered_mails u where u.message = mail_accepted.message;
    return failed_since;
end $$;
grant execute on function app.mail_accepted(bytea) to ecopanier_worker;
