-- An admin verifies or rejects a shop. Definer, because no role may write a shop's status.
create or replace function app.decide_shop(shop uuid, verdict text, why text) returns void
language plpgsql security definer set search_path = '' as $$
begin
    if app.caller_role() is distinct from 'admin' then raise exception 'access.forbidden' using errcode = 'EP403'; end if;
    if verdict not in ('verified', 'rejected') then raise exception 'decision.unknown' using errcode = 'EP422'; end if;
    update app.shops s set status = verdict where s.id = shop and s.status <> 'suspended';
    if not found then raise exception 'shop.not_found' using errcode = 'EP404'; end if;
    if verdict = 'rejected' then
        update app.lots l set status = 'paused' where l.shop_id = shop and l.status = 'published';
    else
        update app.lots l set status = 'published' where l.shop_id = shop and l.status = 'paused';
    end if;
    insert into app.decisions (subject, subject_id, decision, reason, decided_by)
    values ('shop', shop, verdict, why, app.caller());
end $$;
grant execute on function app.decide_shop(uuid, text, text) to authenticated;
