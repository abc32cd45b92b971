-- Return lots newest first, all or those that a search finds: by words of the lot, by first letters of words of its shop's
-- name, by shop, by communes and by status. Up to `most` come before `beyond`. Drafts are left out.
-- Called by GET /v1/admin/lots, as an admin.
-- Definer, because a text search is no index condition under row-level security. Only an admin gets through.
create or replace function app.find_lots(
    words text, shop_words text, only_shop uuid, communes text[], wanted_status text, beyond uuid, most int,
    out id uuid, out title text, out category text, out kind text, out price_cents int, out status text, out quantity int,
    out remaining int, out pickup_start timestamptz, out pickup_end timestamptz, out shop_id uuid, out shop text,
    out address text, out time_zone text)
returns setof record language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    asked   tsquery := case when words is not null then app.search_query(words) end;
    -- Prefixes of words without accents, for the index shops_name_idx. A text without a letter or digit finds nothing.
    starts  tsquery := (select string_agg(quote_literal(w.word) || ':*', ' & ')::tsquery
                        from regexp_split_to_table(
                            lower(translate(shop_words, 'ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜàâäçéèêëîïôöùûü',
                                            'AAACEEEEIIOOUUUaaaceeeeiioouuu')),
                            '[^[:alnum:]]+') as w (word) where w.word <> '');
    -- Each side of the `or` has an index of its own: searches by everybody read that of published lots alone.
    filters text := case
            when words is null then ''
            when wanted_status is not null then ' and l.words @@ $1'
            else ' and (l.status = ''published'' and l.words @@ $1'
                 ' or l.status in (''paused'', ''ended'', ''withdrawn'', ''recalled'') and l.words @@ $1)' end
        || case when shop_words is null then '' else ' and l.shop_id = any (array(
                select s.id from app.shops s
                where to_tsvector(''pg_catalog.simple'', translate(s.name,
                    ''ÀÂÄÇÉÈÊËÎÏÔÖÙÛÜàâäçéèêëîïôöùûü'', ''AAACEEEEIIOOUUUaaaceeeeiioouuu'')) @@ $2))' end
        || case when only_shop is null then '' else ' and l.shop_id = $3' end
        || case when communes is null then '' else
               ' and l.shop_id = any (array(select s.id from app.shops s where s.insee_code = any ($4)))' end
        || case when wanted_status is null then ' and l.status <> ''draft'''
                else ' and l.status = ' || quote_literal(wanted_status) end  -- so that partial indexes are found
        || case when beyond is null then '' else ' and l.id < $5' end;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    return query execute
        'select l.id, l.title, l.category, l.kind, l.price_cents, l.status, l.quantity, k.remaining, l.pickup_start, l.pickup_end,
                l.shop_id, s.name, s.address, s.time_zone
         from app.lots l join app.lot_stock k on k.lot_id = l.id join app.shops s on s.id = l.shop_id
         where true' || filters || ' order by l.id desc limit $6'
        using asked, starts, only_shop, communes, beyond, most;
end $$;
grant execute on function app.find_lots(text, text, uuid, text[], text, uuid, int) to authenticated;
