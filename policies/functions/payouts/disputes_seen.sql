-- Return a page of disputes with their shops, the newest first, or the one that is `wanted`. No person stands in them.
-- Called by GET /v1/admin/disputes and by decide_dispute's route, as an admin.
-- Definer, because only the accountant reads the books.
create or replace function app.disputes_seen(most int, before_at timestamptz default null, before_id text default null, wanted text default null)
returns table (id text, shop_id uuid, shop_name text, reservation_id uuid, cents bigint, fee_cents bigint, status text,
               reason text, answer_by timestamptz, opened_at timestamptz, closed_at timestamptz, borne_by text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    return query
    select d.id, d.shop_id, s.name, d.reservation_id, d.cents, d.fee_cents, d.status, d.reason, d.answer_by, d.opened_at,
           d.closed_at, d.borne_by
    from accounting.disputes d left join app.shops s on s.id = d.shop_id
    where (wanted is null or d.id = wanted) and (before_at is null or (d.opened_at, d.id) < (before_at, before_id))
    order by d.opened_at desc, d.id desc limit most;
end $$;
grant execute on function app.disputes_seen(int, timestamptz, text, text) to authenticated;
