-- Return why no portion of a lot can be reserved: it is sold out, or over.
-- Called by reserve after it found none. A lot that became free is told to others than beneficiaries as sold out.
-- Only the owner may execute it.
create or replace function app.why_none_left(l app.lots, moment timestamptz) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return case when l.status = 'published' and l.pickup_end > moment
                     and app.food_refusal(l.date_kind, l.food_date_ends_at, 'reservation', moment) is null
                then 'lot.sold_out' else 'lot.closed' end;
end $$;
