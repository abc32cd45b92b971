-- Return the ids of the tours that an account may see: a collector's own, and those that its associations plan; nothing for
-- any other account than the caller's.
-- Called by policies of tours, of their stops, tasks and steps. Definer, because those ask it while the tables have
-- policies of their own. It returns ids only.
create or replace function app.tours_seen_by(account uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if account is distinct from app.caller() then return; end if;
    return query
        select t.id from app.tours t where t.collector_id = account
        union
        select t.id from app.tours t
        where t.association_id = any (array(select app.associations_of(account, 'reader')));
end $$;
grant execute on function app.tours_seen_by(uuid) to authenticated;
