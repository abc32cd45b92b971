-- Return the cells of figures that were ever published about these days, with what was told of each; not those of the
-- release `without`, which is to be corrected.
-- Called by the worker before it publishes more. Definer, because nobody is granted the tables; only the worker may execute it.
create or replace function app.published_cells(since date, until date, without bigint default null)
returns table (level text, code text, category text, first_day date, last_day date, given boolean, parts boolean)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select distinct f.level, f.code, f.category, r.first_day, r.last_day, f.given is not null,
           f.recovered_by_shops_cents is not null
    from app.releases r join app.released_figures f on f.release_id = r.id
    where r.first_day <= until and r.last_day >= since and not f.suppressed and r.id is distinct from without
    order by 1, 2, 3, 4, 5, 6, 7
$$;
grant execute on function app.published_cells(date, date, bigint) to ecopanier_worker;
