-- Return what a search goes by of a lot, which is kept beside its stock.
-- Called by stock_lot and shelve_stock.
create or replace function app.on_shelves(
    l app.lots, out shelf point, out category_shelf point, out pickup_end timestamptz, out best_before_ends timestamptz,
    out published bool) language sql stable as $$
    select l.shelf, l.category_shelf, l.pickup_end,
           case l.date_kind when 'best_before' then l.food_date_ends_at end, l.status = 'published'
$$;
