-- Return whether a lot is published, discounted and has portions left.
-- Called by a policy of lots, which shows such a lot to everybody. It looks at the lot itself, so that whoever calls it
-- past the policy learns no more than from the lot's row: a lot that became free looks sold out here too.
-- Definer, because the policy of stock asks who sees the lot, and so cannot be asked by the policy of lots.
create or replace function app.is_on_sale(lot uuid) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return exists (select from app.lot_stock s join app.lots l on l.id = s.lot_id
                   where s.lot_id = lot and s.remaining > 0 and l.status = 'published' and l.kind = 'discounted');
end $$;
grant execute on function app.is_on_sale(uuid) to anon, authenticated;
