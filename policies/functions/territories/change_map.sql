-- Note that a commune is a part of another from a day on.
-- Called by `ecopanier territories change`. Not for a day that is over, because its figures may be published: history stays with
-- the commune of its day. The command says what is wrong.
-- Definer like all acts; only the owner may execute it. Locks: the row of the change.
create or replace function app.change_map(old_code text, new_code text, first_day date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from app.territories t where t.code = new_code and t.kind in ('commune', 'arrondissement')) then
        raise exception 'territory.not_found' using errcode = 'EP404';
    end if;
    if first_day < app.paris_day(app.clock()) then
        raise exception 'territory.period_invalid' using errcode = 'EP422', detail = 'The day is over.';
    end if;
    insert into app.map_changes (old, day, new) values (old_code, first_day, new_code)
    on conflict (old, day) do update set new = excluded.new;
end $$;
