-- Queue a message about a collection for each chat hook that wants it: those of the association that receives it or that
-- it is offered to, and the platform's. `happened`: `asked` or `incident`; of an incident its `kind` and what comes `next`.
-- A request that is offered again is not posted again where it stands already: the platform's chats have it from its first
-- offer, an association's from the first offer to it.
-- Called by tell_of_collection, in the transaction of the fact. Only the owner may execute it.
create or replace function app.tell_chats(collection uuid, receiver uuid, happened text, facts jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.defer('chat_hooks.post', jsonb_build_object(
        'hook_id', h.id, 'event', happened, 'collection_id', collection, 'kind', facts -> 'kind', 'next', facts -> 'next'))
    from app.chat_hooks h
    where (h.association_id is null or h.association_id = receiver) and happened = any (h.events) and h.off_at is null
      and (happened <> 'asked' or 2 > (
          select count(*) from app.collection_changes c
          where c.collection_id = tell_chats.collection and c.change = 'edited' and c.details ? 'offered_to'
            and (h.association_id is null or c.details ->> 'offered_to' = h.association_id::text)))
    order by h.id;
end $$;
