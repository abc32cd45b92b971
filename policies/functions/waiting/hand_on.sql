-- Set the portions that are left of a lot aside for those who wait for it, and tell them until
-- when.
-- Called by the triggers give_to_who_waits and end_waiting, by lapse_offers and by take_offer. It runs in the
-- transaction that gave the portions back, so that nobody can snatch them and nobody is promised them twice. With a
-- fair draw the order is drawn, and the draw is recorded. Only the owner may execute it.
-- Locks: the lot, then the entries (policies/LOCKS.md).
create or replace function app.hand_on(lot uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    l       app.lots;
    remaining int;
    seed    bytea;
    next_   record;
    portion int;
    given   int := 0;
    drawn   jsonb[] := '{}';
begin
    select s.remaining into remaining from app.lot_stock s where s.lot_id = lot for update;
    select * into l from app.lots x where x.id = lot;
    if l.status <> 'published' or remaining = 0 or l.pickup_end <= moment
       or l.kind = 'discounted' and l.becomes_free_at <= moment  -- about to become free, and is offered then
       or app.food_refusal(l.date_kind, l.food_date_ends_at, 'reservation', moment) is not null
       or not exists (select from app.waiting w where w.lot_id = lot and w.status = 'waiting')
       -- take_offer has just put back the portions that it is about to reserve.
       or exists (select from app.waiting w where w.lot_id = lot and w.status = 'taking') then
        return;
    end if;

    if l.fair_draw then seed := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()); end if;
    for next_ in select * from app.line(l, seed) loop
        portion := least(next_.most, remaining - given);
        -- Portions that cost too little to be paid are not kept for anybody.
        if portion > 0 and (l.kind = 'free' or portion * l.price_cents >= app.least_payment_cents()) then
            update app.waiting w set status = 'offered', offered = portion,
                offer_until = least(moment + make_interval(mins => app.setting_int('waiting_offer_minutes')),
                                    l.pickup_end, case when l.kind = 'discounted' then l.becomes_free_at end)
            where w.id = next_.waiting;
            perform app.tell_offered(next_.waiting);
            given := given + portion;
        end if;
        exit when given = remaining and seed is null;
        drawn := drawn || jsonb_build_object(
            'waiting_id', next_.waiting, 'portions_lately', next_.portions_lately, 'offered', portion);
    end loop;
    if given = 0 then return; end if;

    if seed is not null then
        insert into app.draws (lot_id, seed, portions, candidates, drawn_at)
        values (lot, seed, given, to_jsonb(drawn), moment);
    end if;
    update app.lot_stock s set remaining = s.remaining - given where s.lot_id = lot;
end $$;
