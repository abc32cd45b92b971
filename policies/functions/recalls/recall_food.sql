-- Recall food as an admin.
-- Called by POST /v1/admin/recalls.
-- Definer, because it freezes everybody's lots. Only an admin gets through. Locks: those of issue_recall.
create or replace function app.recall_food(wanted_gtin text, wanted_batch text, why text, out recall uuid, out lots int)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    select i.recall, i.lots into recall, lots from app.issue_recall(wanted_gtin, wanted_batch, why, app.caller()) i;
end $$;
grant execute on function app.recall_food(text, text, text) to authenticated;
