-- Note that the relay did not take a mail, and return whether its address is given up, whether an outage of the relay
-- begins here (true once, until the relay takes a mail again), and how many mails wait.
-- Called by the worker, which tries the mail again unless the address is given up.
-- `blamed` is `address` if the relay answered about this recipient or text. But a relay that is set up wrong refuses
-- every recipient in just that way, and one of several machines behind a relay's name may be. So refusals count only if
-- the relay has taken another mail since the one before, and five of them give an address up: at once if the relay
-- refuses for good (`smtp_code` of 500 and more), after five days if it puts off (RFC 5321 4.5.4.1).
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
    refusals_that_suffice constant int := 5;
    moment timestamptz := clock_timestamp();
    relay  app.mail_relay;
    mail   app.undelivered_mails;
begin
    if blamed not in ('relay', 'address') then raise exception 'decision.unknown' using errcode = 'EP422'; end if;
    select * into relay from app.mail_relay r for update;
    insert into app.undelivered_mails as u (message, account_id, template, first_at, last_at)
    values (mail_failed.message, (select a.id from app.accounts a where a.id = account), mail_failed.template, moment, moment)
    on conflict on constraint undelivered_mails_pkey do update set last_at = moment, tries = u.tries + 1
    returning * into mail;
    mail.smtp_code := mail_failed.smtp_code;
    if blamed = 'address' and (mail.refused_at is null or mail.refused_at < relay.accepted_at) then
        mail.refusals := mail.refusals + 1;
        mail.refused_at := moment;
    end if;

    given_up := blamed = 'address' and mail.refusals >= refusals_that_suffice
        and (mail_failed.smtp_code >= 500 or mail.first_at < moment - interval '5 days');
    update app.undelivered_mails u
    set smtp_code = mail.smtp_code, refusals = mail.refusals, refused_at = mail.refused_at,
        given_up_at = case when given_up then moment end
    where u.message = mail.message;
    waiting := (app.mail_state()).waiting;
    outage := not given_up and relay.failing_since is null
        and (blamed = 'relay' and (mail_failed.smtp_code >= 500 or mail.first_at < moment - interval '15 minutes')
             or (select count(distinct coalesce(u.account_id::text, u.message::text)) from app.undelivered_mails u
                 where u.given_up_at is null and u.last_at > coalesce(relay.accepted_at, '-infinity')) >= 3);
    outage := coalesce(outage, false);
    if outage then update app.mail_relay set failing_since = mail.first_at, tried_at = moment; end if;
end $$;
grant execute on function app.mail_failed(bytea, uuid, text, int, text) to ecopanier_worker;
