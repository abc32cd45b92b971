-- Ask for a collection with a link, and return it. A form that is sent again is the same request.
-- Called by the API (POST /v1/collect/{token}). `form` is the number of the form that was shown.
-- Definer and for the API alone, because no person has signed in: it lets through requests for the link's shop only, at most
-- 30 a day. Refusals of the link return, as find_collection_link says; those of the food raise what make_collection raises.
-- Locks: the counter, the use of the form (which makes a second one wait), then those of make_collection.
create or replace function app.collect_by_link(
    shown bytea, address_bucket bytea, form uuid, wanted_items jsonb, starts timestamptz, ends timestamptz, note text,
    out problem text, out locked_until timestamptz, out most_tries int, out window_seconds int, out collection_id uuid,
    out shop text, out status text, out window_start timestamptz, out window_end timestamptz, out time_zone text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    link    record;
    counted record;
begin
    select * into link from app.find_collection_link(shown, address_bucket);
    problem := link.problem;
    locked_until := link.locked_until;
    most_tries := link.most_tries;
    window_seconds := link.window_seconds;
    if problem is not null or locked_until is not null then return; end if;
    insert into app.collection_link_uses (link_id, form) values (link.link_id, collect_by_link.form)
    on conflict on constraint collection_link_uses_pkey do nothing;
    if found then
        select * into counted from app.throttle(sha256(convert_to('collect ' || link.link_id, 'UTF8')), 30, 86400);
        if counted.tries_left < 0 then
            raise exception 'rate.limited' using errcode = 'EP429';
        end if;
        collection_id := app.make_collection(link.shop_id, null, null, '[]', wanted_items, starts, ends, note, 'link', null);
        update app.collection_link_uses u set collection_id = collect_by_link.collection_id
        where u.link_id = link.link_id and u.form = collect_by_link.form;
        update app.collection_links k set last_used_at = app.clock() where k.id = link.link_id;
    else
        select u.collection_id into collection_id from app.collection_link_uses u
        where u.link_id = link.link_id and u.form = collect_by_link.form;
    end if;
    shop := link.shop;
    time_zone := link.time_zone;
    select c.status, c.window_start, c.window_end into status, window_start, window_end
    from app.collections c where c.id = collect_by_link.collection_id;
end $$;
grant execute on function app.collect_by_link(bytea, bytea, uuid, jsonb, timestamptz, timestamptz, text) to ecopanier_api;
