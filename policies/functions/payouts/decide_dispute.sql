-- Decide who bears a lost dispute: the platform, which bears it until then, or the shop.
-- Called by POST /v1/admin/disputes/{dispute_id}/decide, as an admin. If the shop bears it, what it earned by the disputed
-- payment is taken back from it in the night, commission and VAT with it, and the platform's loss is made good.
-- Definer, because nobody may write disputes or postings. Only an admin gets through.
-- Locks: the dispute.
create or replace function app.decide_dispute(dispute text, bearer text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    d accounting.disputes;
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    select x.* into d from accounting.disputes x where x.id = dispute for update;
    if not found then raise exception 'dispute.not_found' using errcode = 'EP404'; end if;
    if d.status <> 'lost' or d.borne_by = 'shop' or bearer = 'shop' and d.shop_id is null then
        raise exception 'dispute.not_lost' using errcode = 'EP409';
    end if;
    update accounting.disputes x set borne_by = bearer where x.id = d.id;
    perform app.note('dispute.decided', 'shop', d.shop_id, jsonb_build_object('dispute', d.id, 'borne_by', bearer));
    if bearer = 'shop' then null; end if;
end $$;
grant execute on function app.decide_dispute(text, text) to authenticated;
