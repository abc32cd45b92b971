-- Return a page of lots as JSON, in bytes of UTF-8: the first `page_size` of the lots shown, and the cursor of the next page
-- if there are more. `keys` is what they are ordered by, `sort_by` the order.
-- Called by lots_near and lots_sorted. Without a search path and not definer, so that the planner writes it into their last
-- statement; it reads no table.
create or replace function app.lots_page(shown text[], ids uuid[], keys float8[], page_size int, sort_by text)
returns bytea language sql stable as $$
    select convert_to('{"data":[' || coalesce(array_to_string(shown[:page_size], ','), '')
        || case when cardinality(ids) > page_size
           then '],"has_more":true,"next":"' || encode(convert_to(
                    case when sort_by <> 'distance' then sort_by || ':' else '' end || keys[page_size] || ' ' || ids[page_size],
                    'UTF8'), 'hex') || '"}'
           else '],"has_more":false,"next":null}' end, 'UTF8')
$$;
