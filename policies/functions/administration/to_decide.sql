-- Return all that waits for an admin, as JSON: of each kind how much, and the `most` oldest; with yesterday in Paris in short,
-- and how many shops are verified.
-- Called by GET /v1/admin/to-decide, as an admin. One call, because a page asks for it each time that it is opened.
-- Definer, because no role may read the state of reports. Only an admin gets through. Reports about allergens come first. A
-- refund that failed waits until this admin has read the notice.
create or replace function app.to_decide(most int) returns json
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    me        uuid := app.caller();
    yesterday date := app.paris_day(app.clock()) - 1;
    found     json;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    with due as (
        select q.id, q.kind, q.lot_id, q.reservation_id, q.shop_id, q.reported_at, q.answered_at is not null as answered
        from app.problem_reports q
        -- What can wait for an admin at all, so that an index finds it.
        where q.given_back_at is null
          and (q.decision = 'give_back' or q.decision is null and (q.outcome is null or q.outcome = 'give_back'))
          and app.report_status(q, false) = 'to_decide'),
    named as (
        select n.id, n.number, n.published_at, n.title, n.reason,
               (select count(*) from app.recall_matches m join app.lots l on l.id = m.lot_id
                where m.notice_id = n.id and m.decided_at is null and l.suspended_from is null) as lots
        from app.recall_notices n
        where n.id in (select m.notice_id from app.recall_matches m where m.decided_at is null)),
    failed as (
        select n.id, n.facts, n.at from app.notices n
        where n.account_id = me and n.event = 'refund_failed' and n.read_at is null and n.in_app)
    select json_build_object(
        'locale', (select a.locale from app.accounts a where a.id = me),
        'shops', json_build_object(
            'count', (select count(*) from app.shops s where s.status = 'pending'),
            'oldest', (select coalesce(json_agg(o order by o.id), '[]') from (
                select s.id, s.name, s.category, s.siret, s.address, s.telephone, s.description, s.created_at, s.insee_code,
                       app.in_territory(s.insee_code, s.latitude, s.longitude) as in_territory
                from app.shops s where s.status = 'pending' order by s.id limit most) o)),
        'associations', json_build_object(
            'count', (select count(*) from app.associations c where c.status = 'pending'),
            'oldest', (select coalesce(json_agg(o order by o.id), '[]') from (
                select c.id, c.name, a.email, a.email_verified_at is not null as email_verified, c.rna, c.siret,
                       num_nonnulls(c.rna, c.siret) = 0 as number_missing, c.address, c.insee_code, c.status, c.created_at,
                       '"r' || c.version || '"' as etag
                from app.associations c join app.accounts a on a.id = c.id
                where c.status = 'pending' order by c.id limit most) o)),
        'collectors', json_build_object(
            'count', (select count(*) from app.collectors c where c.status = 'pending'),
            'oldest', (select coalesce(json_agg(o order by o.id), '[]') from (
                select c.id, a.display_name, a.email, a.email_verified_at is not null as email_verified, c.status, c.created_at
                from app.collectors c join app.accounts a on a.id = c.id
                where c.status = 'pending' order by c.id limit most) o)),
        'reports', json_build_object(
            'count', (select count(*) from due),
            'oldest', (select coalesce(json_agg(o order by o.kind <> 'allergen', o.id), '[]') from (
                select d.id, d.kind, l.title, h.name as shop, d.reported_at, d.answered
                from (select * from due order by due.kind <> 'allergen', due.id limit most) d
                join app.reservations r on r.id = d.reservation_id
                join app.lots l on l.id = r.lot_id
                join app.shops h on h.id = d.shop_id) o)),
        'recall_notices', json_build_object(
            'count', (select count(*) from named),
            'oldest', (select coalesce(json_agg(o order by o.id), '[]') from (
                select * from named order by named.id limit most) o)),
        'refunds', json_build_object(
            'count', (select count(*) from failed),
            'oldest', (select coalesce(json_agg(o order by o.id), '[]') from (
                select * from failed order by failed.id limit most) o)),
        'yesterday', (
            select json_build_object('collected', coalesce(sum(f.collected), 0),
                                     'no_shows', coalesce(sum(f.reserved - f.collected), 0),
                                     'food_kg', coalesce(round(sum(f.food_grams) / 1000, 1), 0))
            from app.figures_by_day(null, 'Europe/Paris', yesterday, yesterday) f),
        'shops_verified', (select coalesce(sum(c.change), 0) from app.standing_counts c
                           where c.kind = 'shop' and c.status = 'verified'))
    into found;
    return found;
end $$;
grant execute on function app.to_decide(int) to authenticated;
