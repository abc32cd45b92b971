-- Return a chat hook with its sealed address, and the facts of a collection that its message says; no row if there is
-- nothing to post: it was removed or switched off (tests are posted all the same), or the collection is over.
-- Called by the worker's job chat_hooks.post.
-- It tells no person, no address and nothing that somebody wrote freely: what is posted leaves the platform. An
-- association that is not public is not named.
-- Definer, because nobody may read sealed addresses; only the worker may execute it.
create or replace function app.chat_to_post(hook uuid, about uuid)
returns table (kind text, language text, key_id uuid, sealed bytea, wrapped bytea, master_key text, facts jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select h.kind, h.language, h.key_id, h.sealed, h.wrapped, h.master_key, c.facts
        from app.chat_hooks h left join lateral (
            select jsonb_build_object(
                'giver', coalesce(s.name, case when g.is_public then g.name end),
                'window_start', x.window_start, 'window_end', x.window_end, 'zone', coalesce(s.time_zone, g.time_zone),
                'grams', x.grams, 'crates', x.crates, 'portions', x.portions, 'cold', x.cold) as facts
            from app.collections x
            left join app.shops s on s.id = x.shop_id
            left join app.associations g on g.id = x.giver_id
            where x.id = about and x.status not in ('refused', 'cancelled') and x.window_end > app.clock()) c on true
        where h.id = hook and (about is null or h.off_at is null and c.facts is not null);
end $$;
grant execute on function app.chat_to_post(uuid, uuid) to ecopanier_worker;
