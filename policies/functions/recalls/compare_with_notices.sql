-- Trigger: ask the admins about a lot that was published, or changed, and that a recall notice may name.
-- Fires after a lot is published and when what names its food changes (policies/tables/lots.sql), whoever does it. Food that
-- a notice certainly names, or that must say its batch first, was refused before (refuse_recalled).
-- Definer, because nobody may read what an admin is asked. Locks: the rows that it inserts.
create or replace function app.compare_with_notices() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    notice uuid;
begin
    for notice in
        insert into app.recall_matches (notice_id, lot_id, because, found_at)
        select distinct on (x.notice_id) x.notice_id, new.id, x.because, app.clock()
        from (select i.notice_id, app.match_item(i, new.batch, new.food_date) as because
              from app.recall_items i where i.gtin = new.gtin
              union all
              select n.id, 'name' from app.recall_notices n
              where n.fades_at > app.clock() and n.names <> '' and new.words @@ n.names::tsquery
                and (new.gtin is null
                     or not exists (select from app.recall_items i where i.notice_id = n.id and i.gtin is not null))) as x
        where x.because in ('batch_missing', 'batch_unreadable', 'date_missing', 'name')
        order by x.notice_id, x.because
        on conflict do nothing
        returning notice_id
    loop
        perform app.ask_admins(notice);
    end loop;
    return null;
end $$;
