-- Confirm or reject a proposed fund as an admin. A confirmed one is endowed in the ledger: its funder owes the ceiling to
-- it, and its shops are granted from what is left.
-- Called by POST /v1/admin/funds/{fund_id}/confirm and …/reject. Deciding the same again changes nothing.
-- Definer, because only acts write funds and the ledger. Only an admin gets through.
-- Locks: the fund.
create or replace function app.decide_fund(fund uuid, confirmed boolean, why text default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    wanted text := case when confirmed then 'confirmed' else 'rejected' end;
    f      app.funds;
    moment timestamptz := app.clock();
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    select * into f from app.funds x where x.id = fund for no key update;
    if not found then raise exception 'fund.not_found' using errcode = 'EP404'; end if;
    if f.status = wanted then return; end if;
    if f.status <> 'proposed'
       or confirmed and (f.last_day < app.paris_day(moment)
                         or not exists (select from app.organisations o
                                        where o.id = f.organisation_id and o.status = 'active')) then
        raise exception 'fund.decided' using errcode = 'EP409';
    end if;
    update app.funds x
    set status = wanted, decided_at = moment, reason = why, settled_at = case when not confirmed then moment end
    where x.id = fund;
    if confirmed then
        perform app.post('fund_endowed', fund::text, null, moment,
                         array[app.ledger_account('funder', fund, 'subsidy'), app.ledger_account('fund', fund, 'subsidy')],
                         array[f.ceiling_cents, -f.ceiling_cents]);
        perform app.ledger_account('subsidy', fund, 'subsidy');  -- so that no grant waits for another one to open it
    end if;
    perform app.note('fund.' || wanted, 'fund', fund);
    perform app.tell_fund(fund, 'fund_decided', jsonb_build_object('confirmed', confirmed, 'reason', why), fund::text);
end $$;
grant execute on function app.decide_fund(uuid, boolean, text) to authenticated;
