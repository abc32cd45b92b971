-- Issue the donation receipt (form 2041-MEC-SD) of the caller's association for what a shop gave it: all collections that it
-- received between two days and that no receipt names yet. Its number has no gaps, and all that is printed is frozen in one
-- row. Each good counts with the value that the shop says, for what was accepted of it: half of it if it was taken within
-- the last three days before its use-by. Return the paper.
-- Called by POST /v1/donation-receipts. Only collections of shops count, never free lots, nor what an association gave.
-- Definer, because nobody may write papers; it lets through owners of the association.
-- Locks: the collections in the order of ids, then the association's number to the end of the transaction.
create or replace function app.issue_donation(
    association uuid, shop uuid, first_day date, last_day date, purpose text, quality text) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moment timestamptz := app.clock();
    a      app.associations;
    year   int := extract(year from moment at time zone 'Europe/Paris');
    chosen uuid[];
    goods  jsonb;
    total  bigint;
    given  text;
    paper  uuid;
begin
    select x.* into a from app.associations x
    where x.id = issue_donation.association and x.id = any (array(select app.associations_of(app.caller(), 'owner')));
    if not found then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    chosen := array(
        select c.id from app.collections c
        where c.association_id = a.id and c.shop_id = issue_donation.shop and c.status = 'received'
          and app.local_day(c.received_at, a.time_zone) between issue_donation.first_day and issue_donation.last_day
        order by c.id for update);
    chosen := array(select c from unnest(chosen) as c
                    where not exists (select from app.donated_collections d where d.collection_id = c)
                      and exists (select from app.collected_impact e where e.collection_id = c) order by c);
    if cardinality(chosen) = 0 then raise exception 'donation.nothing' using errcode = 'EP409'; end if;
    if exists (select from app.collection_items i
               where i.collection_id = any (chosen) and i.value_cents is null
                 and (i.accepted_grams > 0 or i.accepted_crates > 0 or i.accepted_portions > 0)) then
        raise exception 'donation.not_valued' using errcode = 'EP409';
    end if;

    select jsonb_agg(jsonb_build_object(
               'on', w.day, 'title', w.title, 'grams', w.accepted_grams, 'crates', w.accepted_crates,
               'portions', w.accepted_portions, 'near_use_by', w.near, 'value_cents', w.cents) order by w.day, w.id),
           sum(w.cents)
    into goods, total
    from (
        select i.*, app.local_day(c.received_at, a.time_zone) as day, x.near,
               (case when x.near then 0.5 else 1 end * i.value_cents * coalesce(
                   case when i.portions > 0 then least(i.accepted_portions, i.portions)::numeric / i.portions end,
                   case when i.grams > 0 then least(i.accepted_grams, i.grams)::numeric / i.grams end,
                   case when i.crates > 0 then least(i.accepted_crates, i.crates)::numeric / i.crates end, 1))::bigint as cents
        from app.collection_items i join app.collections c on c.id = i.collection_id
        cross join lateral (
            select coalesce(i.date_kind = 'use_by' and i.food_date_ends_at - interval '3 days'
                            <= (select min(e.at) from app.custody_entries e
                                where e.collection_id = c.id and e.kind = 'taken'), false)) x (near)
        where i.collection_id = any (chosen)
          and (i.accepted_grams > 0 or i.accepted_crates > 0 or i.accepted_portions > 0)) w;
    if coalesce(total, 0) = 0 then raise exception 'donation.nothing' using errcode = 'EP409'; end if;

    insert into app.donation_numbers as n (association_id, year, last) values (a.id, year, 1)
    on conflict (association_id, year) do update set last = n.last + 1
    returning year || '-' || lpad(n.last::text, 4, '0') into given;
    insert into app.collection_papers (kind, shop_id, association_id, number, first_day, last_day, value_cents, issued_at, contents)
    values ('donation', shop, a.id, given, first_day, last_day, total, moment, jsonb_build_object(
        'number', given, 'issued_on', app.local_day(moment, a.time_zone), 'first_day', first_day, 'last_day', last_day,
        'body', app.party_of_point(null, a.id), 'purpose', purpose, 'quality', quality,
        'company', app.party_of_point(shop, null), 'goods', goods, 'value_cents', total))
    returning id into paper;
    insert into app.donated_collections (collection_id, paper_id) select c, paper from unnest(chosen) as c order by c;
    return paper;
end $$;
grant execute on function app.issue_donation(uuid, uuid, date, date, text, text) to authenticated;
