-- Return the figures of shops on some days, as they were added up or, `anew`, counted from the entries.
-- Called by the functions that publish them. Definer, because nobody is granted the table; only the owner may execute it.
create or replace function app.figures_between(since date, until date, anew boolean) returns setof app.figure_days
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if anew then
        return query select * from app.figure_sums('0', (select t.counted_before from app.impact_totals t), since, until);
    else
        return query select * from app.figure_days d where d.day between since and until;
    end if;
end $$;
