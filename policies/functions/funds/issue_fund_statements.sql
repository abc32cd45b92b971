-- Issue the monthly statements of funds that are due, of up to `most` funds the oldest month, and return how many.
-- Called by the worker every hour until it returns 0. A month is stated from one hour after its end in Paris on, also if
-- nothing was granted in it. What is committed later goes into the next statement, as do corrections. After the month in
-- which a fund was settled there is another statement only if something of it was corrected.
-- Everything that an organisation reads of a fund comes from its statements, so that two readings on two days tell nothing
-- of what was collected in between. So owners are told here, too, that 80 % of a fund or all of it is granted.
-- Definer, because only acts read grants; only the worker may execute it.
-- Locks: the funds in the order of ids, skipping those that are locked.
create or replace function app.issue_fund_statements(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    f       app.funds;
    last    accounting.fund_statements;
    of_month date;
    ends    timestamptz;
    statement uuid;
    granted bigint;
    so_far  bigint;
    back    bigint;
    issued  int := 0;
begin
    for f in
        select x.* from app.funds x
        where x.decided_at is not null and x.status <> 'rejected' and app.month_to_state(x) is not null
        order by x.id limit most for no key update skip locked
    loop
        of_month := app.month_to_state(f);
        continue when of_month is null;  -- somebody else issued it meanwhile
        ends := (of_month + interval '1 month') at time zone 'Europe/Paris';
        statement := app.uuid7();
        select * into last from accounting.fund_statements s where s.fund_id = f.id order by s.month desc limit 1;

        select coalesce(sum(x.cents), 0) into granted from (
            select g.cents from accounting.grants g
            where g.fund_id = f.id and g.statement_id is null and g.granted_at < ends
            union all
            select c.cents from accounting.grant_corrections c
            where c.fund_id = f.id and c.statement_id is null and c.at < ends) x;
        so_far := coalesce(last.granted_so_far_cents, 0) + granted;
        back := case when f.settled_at < ends then f.returned_cents else 0 end;
        insert into accounting.fund_statements
            (id, fund_id, month, granted_cents, granted_so_far_cents, returned_cents, left_cents, contents, issued_at)
        select statement, f.id, of_month, granted, so_far, back, f.ceiling_cents - so_far - back,
               jsonb_build_object(
                   'issued_on', app.paris_day(moment), 'first_day', of_month,
                   'last_day', (of_month + interval '1 month')::date - 1, 'fund', f.name, 'reference', f.reference,
                   'organisation', o.name, 'organisation_siren', o.siren, 'territory', t.name,
                   'fund_first_day', f.first_day, 'fund_last_day', coalesce(f.ended_on, f.last_day),
                   'categories', f.categories, 'per', f.per, 'rate_cents', f.rate_cents,
                   'category_rates', f.category_rates, 'ceiling_cents', f.ceiling_cents,
                   'granted_before_cents', so_far - granted, 'granted_cents', granted, 'returned_cents', back,
                   'left_cents', f.ceiling_cents - so_far - back,
                   'lines', coalesce((
                       select jsonb_agg(jsonb_build_object(
                           'siret', w.siret, 'name', w.name, 'portions', w.portions, 'grams', w.grams, 'cents', w.cents,
                           'above_de_minimis', w.above) order by w.siret)
                       from app.fund_lines_of(f.id, of_month) w), '[]')), moment
        from app.organisations o, app.territories t where o.id = f.organisation_id and t.code = f.territory_code;
        insert into accounting.fund_lines
            (statement_id, shop_id, siret, name, portions, grams, cents, above_de_minimis)
        select statement, w.shop_id, w.siret, w.name, w.portions, w.grams, w.cents, w.above
        from app.fund_lines_of(f.id, of_month) w;
        update accounting.grants g set statement_id = statement
        where g.fund_id = f.id and g.statement_id is null and g.granted_at < ends;
        update accounting.grant_corrections c set statement_id = statement
        where c.fund_id = f.id and c.statement_id is null and c.at < ends;
        issued := issued + 1;

        if back = 0 and so_far > f.ceiling_cents - app.least_rate(f) then
            perform app.tell_fund(f.id, 'fund_used', '{"percent": 100}', '100');
            if coalesce(last.granted_so_far_cents, 0) <= f.ceiling_cents - app.least_rate(f) then  -- it was not before
                perform app.tell_webhooks('organisation', f.organisation_id, 'fund.granted_out.v1', '/v1/funds/' || f.id);
            end if;
        elsif back = 0 and so_far * 5 >= f.ceiling_cents * 4 then
            perform app.tell_fund(f.id, 'fund_used', '{"percent": 80}', '80');
        end if;
    end loop;
    return issued;
end $$;
grant execute on function app.issue_fund_statements(int) to ecopanier_worker;
