-- Take back a part of what a fund granted a shop, because it was granted wrongly, as an admin. It goes back to the fund, or
-- to the funder if the fund is settled; the next statement says so.
-- Called by POST /v1/admin/funds/{fund_id}/corrections, with a shop's SIRET as statements name it. Nothing corrects grants by
-- itself: of free portions nobody has paid, so nothing is refunded or disputed, and no report gives anything back.
-- Definer, because only acts write funds and the ledger. Only an admin gets through.
-- Locks: the fund.
create or replace function app.correct_grants(fund uuid, siret text, portions int, grams int, cents bigint, why text)
returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    f      app.funds;
    moment timestamptz := app.clock();
    shop   uuid;
    stated record;
    made   uuid;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    select * into f from app.funds x where x.id = fund for no key update;
    if not found then raise exception 'fund.not_found' using errcode = 'EP404'; end if;
    select l.shop_id into shop
    from accounting.fund_lines l join accounting.fund_statements s on s.id = l.statement_id
    where s.fund_id = fund and l.siret = correct_grants.siret limit 1;
    select coalesce(sum(x.cents), 0) as cents, coalesce(sum(x.portions), 0) as portions, coalesce(sum(x.grams), 0) as grams
    into stated
    from (select g.cents, g.portions, g.grams from accounting.grants g
          where g.fund_id = fund and g.shop_id = shop and g.statement_id is not null
          union all
          select c.cents, c.portions, c.grams from accounting.grant_corrections c
          where c.fund_id = fund and c.shop_id = shop) x;
    if correct_grants.cents > stated.cents or correct_grants.portions > stated.portions
       or correct_grants.grams > stated.grams then
        raise exception 'fund.not_granted' using errcode = 'EP409';
    end if;
    insert into accounting.grant_corrections (fund_id, shop_id, portions, grams, cents, reason, at)
    values (fund, shop, -correct_grants.portions, -correct_grants.grams, -correct_grants.cents, why, moment)
    returning id into made;
    if f.settled_at is null then
        update app.funds x set left_cents = x.left_cents + correct_grants.cents where x.id = fund;
    else
        update app.funds x set returned_cents = x.returned_cents + correct_grants.cents where x.id = fund;
    end if;
    perform app.post('grant_corrected', made::text, null, moment,
                     array[app.ledger_account('subsidy', fund, 'subsidy'),
                           app.ledger_account(case when f.settled_at is null then 'fund' else 'funder' end, fund, 'subsidy')],
                     array[correct_grants.cents, -correct_grants.cents]);
    perform app.note('fund.corrected', 'fund', fund, jsonb_build_object('correction', made, 'cents', correct_grants.cents));
    return made;
end $$;
grant execute on function app.correct_grants(uuid, text, int, int, bigint, text) to authenticated;
