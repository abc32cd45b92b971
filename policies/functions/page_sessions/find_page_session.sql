-- Return a browser's session with what the head of every page shows, or nothing if it has ended.
-- `associations` and `organisations`: those that an active account works for, in the order in which they invited it;
-- null without any.
-- Called by the pages at each request, as the API. A session ends with the sign-in that it belongs to, and when its
-- account is erased. A suspended account keeps it, so that its pages can say why they refuse.
-- Definer, because nobody may read these sessions; only the API may execute it.
-- Locks: the session, once a day, when its last day of use is written.
create or replace function app.find_page_session(
    held bytea, out kind text, out account_id uuid, out session_id uuid, out sealed bytea, out ends_at timestamptz,
    out role text, out display_name text, out locale text, out works_for_shop boolean,
    out works_for_association boolean, out unread int, out associations json,
    out organisations json)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    today  date := app.paris_day(app.clock());
    last   date;
    active boolean;
    member boolean;
begin
    select p.kind, p.account_id, p.session_id, p.sealed, p.ends_at, p.seen_on, a.role, a.display_name, a.locale,
           a.status = 'active', exists (select from app.members m where m.account_id = a.id), false, false,
           (select count(*) from (select from app.notices n
                                  where n.account_id = a.id and n.read_at is null and n.in_app limit 100) few)
    into kind, account_id, session_id, sealed, ends_at, last, role, display_name, locale,
         active, member, works_for_shop, works_for_association, unread
    from app.page_sessions p
    left join app.accounts a on a.id = p.account_id
    left join app.sessions s on s.id = p.session_id
    where p.id_hash = held and p.ends_at > app.clock() and s.ended_at is null
      and (a.id is null or a.status <> 'erased');
    if not found then return; end if;
    if member then  -- in a statement of its own, because most people work nowhere and preparing to look takes a while
        select coalesce(bool_or(m.shop_id is not null), false), coalesce(bool_or(m.association_id is not null), false),
               json_agg(json_build_object('id', c.id, 'name', c.name, 'role', m.role, 'status', c.status,
                                          'time_zone', c.time_zone) order by m.id)
                   filter (where active and c.id is not null),
               json_agg(json_build_object('id', o.id, 'name', o.name, 'role', m.role, 'kind', o.kind,
                                          'territory', o.territory_code, 'territory_name', t.name) order by m.id)
                   filter (where active and t.code is not null)
        into works_for_shop, works_for_association, associations, organisations
        from app.members m
        left join app.associations c on c.id = m.association_id
        left join app.organisations o on o.id = m.organisation_id and o.status = 'active'
        left join app.territories t on t.code = o.territory_code
        where m.account_id = find_page_session.account_id;
    end if;
    if last < today then
        update app.page_sessions p set seen_on = today where p.id_hash = held;
    end if;
end $$;
grant execute on function app.find_page_session(bytea) to ecopanier_api;
