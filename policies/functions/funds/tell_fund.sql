-- Tell the owners of a fund's organisation of an event, with the fund's name and convention.
-- Called by the acts of funds, in the transaction of the fact. Definer, because nobody may read members; only the owner may
-- execute it.
create or replace function app.tell_fund(fund uuid, event text, facts jsonb, once text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.notify(m.account_id, event,
                       jsonb_build_object('fund', f.name, 'fund_id', f.id, 'organisation', o.name) || facts, once, null, f.id)
    from app.funds f
    join app.organisations o on o.id = f.organisation_id
    join app.members m on m.organisation_id = o.id and m.role = 'owner' and m.account_id is not null
    where f.id = fund order by m.account_id;
end $$;
