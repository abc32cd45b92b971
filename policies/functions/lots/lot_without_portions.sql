-- Return a discounted lot of which the caller may not have any portion now, as JSON; null if they may not read it.
-- Called by GET /v1/lots/{lot_id} when the caller does not see the lot's row. While the lot is published, everybody reads
-- it; later, whoever reserved it. A lot that became free is read in the same way and looks sold out, so that only
-- beneficiaries learn that it is offered to them.
-- Definer, because nobody else sees the rows of lots without portions: row-level security hides rows, not columns, so
-- the row of a sold-out lot has to be hidden like the row of a lot that became free.
create or replace function app.lot_without_portions(lot uuid) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select app.sold_out_lot_json(l) from app.lots l
        where l.id = lot and (l.kind = 'discounted' or l.price_before_free_cents is not null)
          and (l.status = 'published'
               or exists (select from app.reservations r
                          where r.lot_id = l.id and r.account_id = app.caller() and r.unit_price_cents > 0
                            and app.came_to_something(r.purpose, r.status, r.ended_because))));
end $$;
grant execute on function app.lot_without_portions(uuid) to anon, authenticated;
