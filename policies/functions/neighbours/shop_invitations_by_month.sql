-- Return what became of the invitations of shops by others, for each of the last months in which there were some (days of Paris),
-- the newest first: how many of those made then were opened, registered, verified and published a lot.
-- Called by GET /v1/admin/shop-invitations, as an admin. Definer, because nobody may read invitations; numbers only.
create or replace function app.shop_invitations_by_month(months int)
returns table (month date, invited int, opened int, refused int, registered int, verified int, first_lot int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    return query
    select date_trunc('month', app.paris_day(i.created_at))::date, count(*)::int, count(i.opened_at)::int,
           count(i.refused_at)::int, count(i.registered_at)::int, count(i.verified_at)::int, count(i.first_lot_at)::int
    from app.shop_invitations i
    where i.created_at >= date_trunc('month', app.paris_day(app.clock()) - make_interval(months => months - 1))
                          at time zone 'Europe/Paris'
    group by 1 order by 1 desc;
end $$;
grant execute on function app.shop_invitations_by_month(int) to authenticated;
