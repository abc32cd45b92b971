-- Tell whom a decision of an admin concerns what was decided and why.
-- Called by decide_shop, decide_association, decide_collector, take_down_lot and tell_queued.
-- Definer, because it reads everybody's decisions; only the owner may execute it.
create or replace function app.tell_decision(decision uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    d     app.decisions;
    facts jsonb;
    shop  uuid;
begin
    select * into d from app.decisions x where x.id = tell_decision.decision;
    facts := jsonb_build_object('verified', d.decision = 'verified', 'reason', d.reason);
    if d.subject = 'lot' then
        select l.shop_id into shop from app.lots l where l.id = d.subject_id;
        perform app.tell_shop(shop, 'lot_taken_down', facts || jsonb_build_object('lot', app.lot_told(d.subject_id)),
                              d.id::text, d.id);
    elsif d.subject = 'shop' then
        perform app.tell_shop(s.id, 'shop_decided', facts || jsonb_build_object('shop', s.name, 'address', s.address),
                              d.id::text, d.id)
        from app.shops s where s.id = d.subject_id;
    elsif d.subject in ('association', 'collector') then
        perform app.notify(app.who_answers(d.subject_id), d.subject || '_decided', facts || jsonb_build_object(
                               'association', (select a.name from app.associations a where a.id = d.subject_id)),
                           d.id::text, null, d.id);
    end if;
end $$;
