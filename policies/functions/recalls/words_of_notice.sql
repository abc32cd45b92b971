-- Return the words by which a lot may be known as what a recall notice names: all words of the brand and one of the
-- product's, or without a brand all words of the product, if there are at least two. Empty where the name says too little.
-- Called by take_recall_notice. Definer, because acts need it; only the owner may execute it.
create or replace function app.words_of_notice(brand text, title text) returns tsquery
language plpgsql immutable security definer set search_path = pg_catalog, pg_temp as $$
declare
    maker   tsquery := plainto_tsquery('pg_catalog.french', app.search_text(coalesce(brand, '')));
    product tsquery := plainto_tsquery('pg_catalog.french', app.search_text(title));
    others  text[];
begin
    if numnode(maker) = 0 then
        return case when numnode(product) >= 3 then product else ''::tsquery end;
    end if;
    -- The brand is in the title of most lots of that brand, so it does not say which product it is.
    others := array(select w from unnest(tsvector_to_array(to_tsvector('pg_catalog.french', app.search_text(title)))) as w
                    where w <> all (tsvector_to_array(to_tsvector('pg_catalog.french', app.search_text(brand)))) order by w);
    if cardinality(others) = 0 then return maker; end if;
    return maker && (select string_agg(quote_literal(w), ' | ')::tsquery from unnest(others) as w);
end $$;
