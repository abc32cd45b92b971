-- Tell those whom a collection concerns of an event: owners and staff of the shop or association that gives, and of the
-- association that receives, and the collector of the tour that it is in. The platform's admins are told of what no
-- association receives yet.
-- Called by every act that changes a collection, in its transaction, while the collection is locked, and written with the
-- reason why it was refused, cancelled, postponed or failed. `facts` are added: of an incident its `kind` (closed, nobody,
-- missing, refused, cold, other) and what comes `next` (reassigned, frozen, failed, null).
-- All read the same text, but whoever did it is not told. Each change is told once. A request is told once to those who
-- give, however many associations it is offered to in turn, not at all to whoever asked, and to the people of an
-- association once for each offer to it. Chats are told of requests and incidents (tell_chats).
-- Definer, because it reads members and tours and nobody may write notices; only the owner may execute it.
create or replace function app.tell_of_collection(collection uuid, event text, facts jsonb default '{}') returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    told app.collections;
    all_ jsonb;
begin
    select * into told from app.collections c where c.id = collection;
    if not found then raise exception 'collection.not_found' using errcode = 'EP404'; end if;
    all_ := jsonb_build_object('reason', told.reason, 'reason_code', told.reason_code, 'kind', null, 'next', null) || facts
            || jsonb_build_object('collection_id', collection, 'collection', app.collection_told(collection));
    perform app.notify(w.account_id, event, all_,
        case when event = 'collection_asked'
             then md5(collection || event || case when w.gives then '' else coalesce(told.association_id::text, '') end)
             else md5(collection || event || told.version || facts) end, null, collection)
    from (
        select p.account_id, bool_or(p.gives) as gives
        from (
            select m.account_id, m.association_id is distinct from told.association_id as gives from app.members m
            where (m.shop_id = told.shop_id or m.association_id in (told.giver_id, told.association_id))
              and m.role in ('owner', 'staff')
            union all
            select t.collector_id, false from app.stop_tasks k join app.tours t on t.id = k.tour_id
            where k.collection_id = collection and k.living and t.status not in ('declined', 'cancelled')
            union all
            select a.id, false from app.accounts a
            where told.association_id is null and a.role = 'admin' and a.status = 'active') p
        group by p.account_id) w
    where w.account_id is not null and w.account_id is distinct from app.caller()
      and (event <> 'collection_asked' or w.account_id is distinct from told.asked_by)
    order by w.account_id;
    if event in ('collection_asked', 'collection_incident') then
        perform app.tell_chats(collection, told.association_id, split_part(event, '_', 2), facts);
    end if;
end $$;
