-- Note that an organisation has paid what a fund's statement of a month says, to one shop or to all that it has not paid
-- yet; return how many shops. The money went from the organisation to the shops and not through us.
-- Called by POST /v1/funds/{fund_id}/paid, as an owner of the organisation. What was taken back lowers what it owes.
-- Definer, because only acts write statements and the ledger. Only an owner whose sign-in has passed the second factor gets
-- through.
-- Locks: the fund.
create or replace function app.fund_was_paid(fund uuid, month date, siret text default null) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    f      app.funds := app.own_fund(fund);
    moment timestamptz := app.clock();
    stated uuid := (select s.id from accounting.fund_statements s where s.fund_id = fund and s.month = fund_was_paid.month);
    line   accounting.fund_lines;
    paid   int := 0;
begin
    if not exists (select from accounting.fund_lines l
                   where l.statement_id = stated and (fund_was_paid.siret is null or l.siret = fund_was_paid.siret)) then
        raise exception 'fund_statement.not_found' using errcode = 'EP404';
    end if;
    for line in
        update accounting.fund_lines l set paid_at = moment
        where l.statement_id = stated and l.paid_at is null
          and (fund_was_paid.siret is null or l.siret = fund_was_paid.siret)
        returning l.*
    loop
        perform app.post('fund_paid', stated || ':' || line.shop_id, null, moment,
                         array[app.ledger_account('subsidy', fund, 'subsidy'), app.ledger_account('funder', fund, 'subsidy')],
                         array[line.cents, -line.cents]);
        paid := paid + 1;
    end loop;
    if paid = 0 then raise exception 'fund_statement.paid' using errcode = 'EP409'; end if;
    perform app.note('fund.paid', 'fund', fund, jsonb_build_object('month', month, 'shops', paid));
    return paid;
end $$;
grant execute on function app.fund_was_paid(uuid, date, text) to authenticated;
