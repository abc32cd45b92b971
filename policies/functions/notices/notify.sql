-- Tell an account of an event: a notice in the app and a mail, as the person prefers. Return the notice; null if the
-- person wants neither, or was told before with the same `once`.
-- Called by acts in the transaction of the fact. `facts` are the values of the event's text; they hold nothing that is
-- sealed, and no code or token of a link, which is made when the mail is written. `about` is the person that an
-- association's notice is about, with whom it is erased. `subject` is what still_to_tell looks at before the mail is
-- sent. `delivery` is a mail that is queued already and now belongs to the notice.
-- Definer, because nobody may write notices; only the owner may execute it.
-- Locks: the rows that it inserts, and the delivery. An erasure under way does not see them; finish_erasure removes them
-- a minute later.
create or replace function app.notify(
    account uuid, event text, facts jsonb, once text default null, about uuid default null, subject uuid default null,
    delivery uuid default null)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    kind      record;
    in_app    boolean;
    addresses text[] := '{}';
    address   text;
    notice    uuid;
begin
    select * into kind from app.notice_events() e where e.event = notify.event;
    if not found then raise exception 'notice.unknown_event' using errcode = 'EP422'; end if;
    if not exists (select from app.accounts a where a.id = account and a.status <> 'erased') then return null; end if;

    in_app := app.wants_notice(account, notify.event, 'app');
    if app.wants_notice(account, notify.event, 'mail') then
        addresses := app.addresses_of(account, notify.event, kind.every_address);
    end if;
    if not in_app and addresses = '{}' then return null; end if;

    insert into app.notices (account_id, event, about, subject, once, facts, in_app, at)
    values (account, notify.event, notify.about, notify.subject, notify.once, notify.facts, in_app, app.clock())
    on conflict (account_id, event, once) where once is not null do nothing
    returning id into notice;
    if notice is null then return null; end if;
    if delivery is not null then
        update app.notice_deliveries d set notice_id = notice, account_id = notify.account where d.id = delivery;
        return notice;
    end if;
    foreach address in array addresses loop
        insert into app.notice_deliveries (notice_id, account_id, channel, address, queued_at)
        values (notice, account, 'mail', address, app.clock()) returning id into delivery;
        perform app.defer('notices.deliver', jsonb_build_object('delivery_id', delivery));
    end loop;
    return notice;
end $$;
