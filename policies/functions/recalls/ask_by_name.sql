-- Ask the admins about lots on offer that a recall notice may name by their words, at most 200; return how many are new.
-- Called by take_recall_notice, and by recall_feed_read for lots that were being published while the notice was read.
-- A lot with a trade number is not asked about if the notice has trade numbers: they were compared.
-- Definer, because it reads everybody's lots; only the owner may execute it.
-- Locks: the matches, in the order of lots.
create or replace function app.ask_by_name(notice uuid) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    named  app.recall_notices;
    asked  int;
begin
    select * into named from app.recall_notices n where n.id = ask_by_name.notice;
    if named.names = '' or named.fades_at <= app.clock() then return 0; end if;
    insert into app.recall_matches (notice_id, lot_id, because, found_at)
    select named.id, x.id, 'name', app.clock() from (
        select l.id from app.lots l
        where l.status = 'published' and l.suspended_from is null and l.words @@ named.names::tsquery
          and (l.gtin is null
               or not exists (select from app.recall_items i where i.notice_id = named.id and i.gtin is not null))
          and not exists (select from app.recall_matches m where m.notice_id = named.id and m.lot_id = l.id)
        order by l.id desc limit 200) as x
    order by x.id
    on conflict do nothing;
    get diagnostics asked = row_count;
    return asked;
end $$;
