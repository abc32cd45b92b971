-- Cancel a collection that nobody has taken yet.
-- Called by POST /v1/collections/{collection_id}/cancel, as who gives (owner or staff) or as an operator. Cancelling again
-- changes nothing. Raises EP409 once it is taken, refused or failed.
-- Definer, because nobody may write collections or stock. Locks: the stock of its lots, the collection (see_collection),
-- then its tour (unschedule).
create or replace function app.cancel_collection(collection uuid, why text, versions int[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    c app.collections := app.see_collection(collection, true, versions);
begin
    if coalesce(app.part_in_collection(c), 'collector') not in ('association', 'admin', 'shop', 'giver') then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    if c.status = 'cancelled' then return; end if;
    perform app.require_state(c, 'requested', 'accepted', 'scheduled');
    perform app.end_collection(c, why);
end $$;
grant execute on function app.cancel_collection(uuid, text, int[]) to authenticated;
