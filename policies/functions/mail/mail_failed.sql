-- Note that the relay did not take a mail, and return whether its address is given up, whether an outage of the relay
-- begins here (true once, until the relay takes a mail again), and how many mails wait.
-- Called by the worker, which tries the mail again unless the address is given up.
-- `blamed` is `address` if the relay answered about this recipient or text. But a relay that is set up wrong refuses
-- every recipient in just that way. So an address is given up only when the relay has taken another mail since it first
-- refused this one: for good (`smtp_code` of 500 and more), or for five days (RFC 5321 4.5.4.1).
-- `account` may be null or that of nobody yet: somebody is registering.
-- An outage begins when the relay refuses us whatever the recipient (our login, our sender), when it fails for three
-- people in a row, or when it cannot be reached for a quarter of an hour.
-- The time is the machine's, as for the queue, whatever app.clock() says.
-- Definer, because nobody may write these rows; only the worker may execute it.
-- Locks: the row of mail_relay, then the mail's.
create or replace function app.mail_failed(
    message bytea, account uuid, template text, smtp_code int, blamed text,
    out given_up boolean, out outage boolean, out waiting int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := clock_timestamp();
    relay  app.mail_relay;
    mail   app.undelivered_mails;
begin
    if blamed not in ('relay', 'address') then raise exception 'decision.unknown' using errcode = 'EP422'; end if;
    select * into relay from app.mail_relay r for update;
    insert into app.undelivered_mails as u (message, account_id, template, smtp_code, first_at, last_at)
    values (mail_failed.message, (select a.id from app.accounts a where a.id = account), mail_failed.template, mail_failed.smtp_code, moment, moment)
    on conflict on constraint undelivered_mails_pkey do update
        set smtp_code = excluded.smtp_code, last_at = moment, tries = u.tries + 1
    returning * into mail;

    given_up := blamed = 'address' and coalesce(mail.first_at < relay.accepted_at, false)
        and (mail_failed.smtp_code >= 500 or mail.first_at < moment - interval '5 days');
    if given_up then
        update app.undelivered_mails u set given_up_at = moment where u.message = mail.message;
    end if;
    waiting := (app.mail_state()).waiting;
    outage := not given_up and relay.failing_since is null
        and (blamed = 'relay' and (mail_failed.smtp_code >= 500 or mail.first_at < moment - interval '15 minutes')
             or (select count(distinct coalesce(u.account_id::text, u.message::text)) from app.undelivered_mails u
                 where u.given_up_at is null and u.last_at > coalesce(relay.accepted_at, '-infinity')) >= 3);
    outage := coalesce(outage, false);
    if outage then update app.mail_relay set failing_since = mail.first_at; end if;
end $$;
grant execute on function app.mail_failed(bytea, uuid, text, int, text) to ecopanier_worker;
