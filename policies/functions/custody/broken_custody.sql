-- Check the chains of custody of up to `most` collections after one, in the order of ids; return the last collection looked
-- at, how many chains and entries there were, a digest of their heads, and what is wrong as a list of
-- {collection_id, number, problem}: `changed` (the hash does not fit), `unlinked` (it does not follow the entry before it),
-- `missing` (a number, or the last entry, is gone), `headless` (a chain without its head, or a head without its chain),
-- `untold` (food was taken or received, and the chain does not say so).
-- Called by `ecopanier trace check`, as the worker.
-- Definer, because nobody may read all collections; only the worker may execute it. Nothing that it returns is personal.
create or replace function app.broken_custody(
    after uuid, most int, out last uuid, out chains int, out entries bigint, out digest bytea, out problems jsonb)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    looked uuid[] := array(
        select c.id from app.collections c where after is null or c.id > broken_custody.after order by c.id limit most);
begin
    last := looked[cardinality(looked)];
    if last is null then
        chains := 0; entries := 0; problems := '[]';
        return;
    end if;
    with linked as (
        select e.collection_id, e.number, e.hash, e.previous, app.custody_hash(e) as own,
               lag(e.number, 1, 0) over w as number_before, lag(e.hash) over w as hash_before
        from app.custody_entries e where e.collection_id = any (looked)
        window w as (partition by e.collection_id order by e.number)
    ), ends as (
        select c.id, c.status, h.entries as said, h.hash as head,
               (select coalesce(max(l.number), 0) from linked l where l.collection_id = c.id) as there,
               (select l.hash from linked l where l.collection_id = c.id order by l.number desc limit 1) as last_hash
        from app.collections c left join app.custody_heads h on h.collection_id = c.id where c.id = any (looked)
    ), wrong as (
        select l.collection_id, l.number, 'changed' as problem from linked l where l.hash <> l.own
        union all
        select l.collection_id, l.number, 'unlinked' from linked l
        where l.previous <> coalesce(l.hash_before, decode(repeat('00', 32), 'hex'))
        union all
        select l.collection_id, l.number_before + 1, 'missing' from linked l where l.number <> l.number_before + 1
        union all
        select x.id, null, 'headless' from ends x where (x.said is null) <> (x.there = 0)
        union all
        select x.id, x.said, 'missing' from ends x where x.there > 0 and (x.there < x.said or x.last_hash <> x.head)
        union all
        select x.id, null, 'untold' from ends x
        where x.status in ('taken', 'delivered', 'received') and not exists (
            select from app.custody_entries e
            where e.collection_id = x.id and e.kind = any (case when x.status = 'received' then '{received}'::text[]
                                                               else '{taken}'::text[] end))
    )
    select (select count(*) from ends x where x.there > 0), (select count(*) from linked),
           (select sha256(string_agg(x.head, ''::bytea order by x.id)) from ends x),
           (select coalesce(jsonb_agg(jsonb_build_object('collection_id', w.collection_id, 'number', w.number,
                                                         'problem', w.problem) order by w.collection_id, w.number), '[]')
            from wrong w)
    into chains, entries, digest, problems;
end $$;
grant execute on function app.broken_custody(uuid, int) to ecopanier_worker;
