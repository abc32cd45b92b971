-- Tell people of a tour: its collector that it is offered or cancelled (tour_offered, tour_cancelled), and who operates it
-- that its collector left it (tour_open), unless they did it themselves. Each version of a tour is told once.
-- Called by write_plan, decline_tour and cancel_tour, in their transaction. Who dropped out is not named, because notices
-- outlive accounts. Definer, because nobody may write notices; only the owner may execute it.
create or replace function app.tell_of_tour(t app.tours, event text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(w.account, event, jsonb_build_object(
            'tour_id', t.id, 'day', t.day, 'begins_at', t.begins_at, 'ends_at', t.ends_at, 'zone', app.zone_of_operator(t.association_id),
            'metres', t.metres, 'reason', t.reason, 'soon', t.begins_at < app.clock() + interval '24 hours',
            'collections', (select count(*) from app.stop_tasks k where k.tour_id = t.id and k.kind = 'take')),
        md5(t.id || event || t.version), null, t.id)
    from (select t.collector_id as account where event in ('tour_offered', 'tour_cancelled')
          union
          select m.account_id from app.members m
          where event = 'tour_open' and m.association_id = t.association_id and m.role in ('owner', 'staff')
          union
          select a.id from app.accounts a
          where event = 'tour_open' and t.association_id is null and a.role = 'admin' and a.status = 'active') w
    where w.account is not null and w.account is distinct from app.caller()
    order by w.account;
end $$;
