-- Return whether somebody can reserve portions of a lot at a moment: it is published by a verified shop, its window is not
-- over, and portions are left. `current` says whether the person's right to free lots is current.
-- Called by announce_lots, tell_places and offers_now. Plain SQL that runs as its caller, so that Postgres puts the
-- condition in place of the call; only the owner may execute it.
create or replace function app.is_offered_to(l app.lots, current boolean, moment timestamptz) returns boolean
language sql stable as $$
    select l.status = 'published' and l.pickup_end > moment and (l.kind = 'discounted' or current)
        and exists (select from app.lot_stock k where k.lot_id = l.id and k.remaining > 0)
        and exists (select from app.shops s where s.id = l.shop_id and s.status = 'verified')
$$;
