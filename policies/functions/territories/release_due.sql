-- Return the oldest day or month that is over and not published yet; no row if there is none, or it cannot be published yet.
-- Called by the worker's job territories.release. A period can be published an hour after its end in Paris, when no handover
-- that began in it is still being written, and once no lot waits for its end and everything is added up. A month is
-- published after its last day. The first period is that of the first figures; a day without figures is published too.
-- Definer like all acts; only the worker may execute it.
create or replace function app.release_due(out kind text, out first_day date, out last_day date) returns setof record
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    settled date := app.paris_day(app.clock() - interval '1 hour');
    begins  date;
    d       date;
    m       date;
begin
    -- The first days are those of the oldest figures, which may not have been added up.
    select least((select min(app.paris_day(e.recorded_at)) from app.impact_recorded e),
                 (select min(l.day) from app.lot_ends l)) into begins
    where not exists (select from app.releases r);
    select coalesce((select max(r.first_day) + 1 from app.releases r where r.kind = 'day'), begins) into d;
    select coalesce((select max(r.last_day) + 1 from app.releases r where r.kind = 'month'),
                    (select date_trunc('month', min(r.first_day))::date from app.releases r where r.kind = 'day')) into m;
    if m is not null and (m + interval '1 month')::date <= least(d, settled) then
        return query select 'month'::text, m, (m + interval '1 month' - interval '1 day')::date;
    elsif d < settled
          and not exists (select from app.lots l where l.status in ('published', 'paused')
                            and l.pickup_end <= (d + 1)::timestamp at time zone 'Europe/Paris') then
        perform app.add_up_impact();
        if not exists (select from app.impact_totals t, app.figure_facts f
                       where f.written_by >= t.counted_before and f.day <= d) then
            return query select 'day'::text, d, d;
        end if;
    end if;
end $$;
grant execute on function app.release_due() to ecopanier_worker;
