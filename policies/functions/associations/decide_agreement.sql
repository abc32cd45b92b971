-- Confirm or decline a proposed agreement. Repeating the same decision changes nothing.
-- Called by POST /v1/agreements/{agreement_id}/confirm and /decline, as the shop's merchant.
-- Definer, because nobody may write agreements. Only the owner of the agreement's shop gets through.
-- Locks: the agreement.
create or replace function app.decide_agreement(agreement uuid, verdict text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    decided app.agreements;
begin
    if verdict not in ('confirmed', 'declined') then raise exception 'decision.unknown' using errcode = 'EP422'; end if;
    select g.* into decided from app.agreements g
    where g.id = agreement and g.status not in ('coming', 'going')
      and g.shop_id = any (array(select app.shops_of(app.caller(), 'owner'))) for update;
    if not found then raise exception 'agreement.not_found' using errcode = 'EP404'; end if;
    if decided.status = verdict then return; end if;
    if decided.status <> 'proposed' then raise exception 'agreement.decided' using errcode = 'EP409'; end if;
    update app.agreements g set status = verdict, decided_at = app.clock() where g.id = agreement;
    perform app.note('agreement.' || verdict, 'agreement', agreement);
end $$;
grant execute on function app.decide_agreement(uuid, text) to authenticated;
