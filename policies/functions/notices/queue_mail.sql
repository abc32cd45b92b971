-- Queue a mail for which there is no notice yet: to an address that belongs to no account, or of which nobody has looked
-- up whose it is. The job then tells the account, if there is one.
-- Called by ask_registration, ask_password_reset, invite_member, invite_shop and tell_queued. `subject` is the registration, the
-- invitation or the account. What is written does not depend on whether an account exists.
-- Definer, because nobody may write deliveries; only the owner may execute it.
create or replace function app.queue_mail(mail text, subject uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    delivery uuid;
begin
    insert into app.notice_deliveries (mail, subject, channel, queued_at)
    values (queue_mail.mail, queue_mail.subject, 'mail', app.clock()) returning id into delivery;
    perform app.defer('notices.deliver', jsonb_build_object('delivery_id', delivery));
end $$;
