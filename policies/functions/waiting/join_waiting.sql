-- Join the waiting list of a lot of which nothing is left; return the entry.
-- Called by POST /v1/lots/{lot_id}/waiting. Under the lot's lock, portions that come back at this moment are either
-- seen here or offered to this entry. A free lot that the caller may not have answers as one that does not exist. If it
-- became free, they wait as for a lot that is sold out, and are never offered anything (allowance).
-- Definer, because the lot belongs to its shop. Locks: the lot (policies/LOCKS.md).
create or replace function app.join_waiting(lot uuid, portions int) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    me     uuid := app.caller();
    moment timestamptz := app.clock();
    l      app.lots;
    remaining int;
    others boolean;  -- the lot became free, but not for the caller
    made   uuid;
begin
    perform app.require_role(me, 'customer', 'beneficiary');
    select s.remaining into remaining from app.lot_stock s where s.lot_id = lot for update;
    select * into l from app.lots x where x.id = lot and x.published_at is not null;
    others := found and l.kind = 'free' and not app.is_current_beneficiary(me);
    if not found or others and l.converted_at is null then
        raise exception 'lot.not_found' using errcode = 'EP404';
    end if;
    if l.status <> 'published' or l.pickup_end <= moment
       or app.food_refusal(l.date_kind, l.food_date_ends_at, 'reservation', moment) is not null then
        raise exception 'lot.closed' using errcode = 'EP409';
    end if;
    if l.kind = 'free' and not others and portions > app.daily_quota(me) then
        raise exception 'quota.daily_reached' using errcode = 'EP409';
    end if;
    if (l.kind = 'discounted' or others)
       and coalesce(l.price_before_free_cents, l.price_cents) * portions < app.least_payment_cents() then  -- as reserve would
        raise exception 'payment.below_minimum' using errcode = 'EP422';
    end if;
    if remaining > 0 and not others then raise exception 'waiting.some_left' using errcode = 'EP409'; end if;

    insert into app.waiting (lot_id, account_id, quantity, created_at) values (lot, me, portions, moment)
    on conflict (lot_id, account_id) where status in ('waiting', 'offered', 'taking') do nothing
    returning id into made;
    if made is null then raise exception 'waiting.already' using errcode = 'EP409'; end if;
    return made;
end $$;
grant execute on function app.join_waiting(uuid, int) to authenticated;
