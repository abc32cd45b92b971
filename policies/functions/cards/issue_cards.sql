-- Make cards for these people, by an admin or by the verified association that enrolled them: each one's former card is
-- worth nothing from now on. Definer, because no role writes cards; it takes the hashes of what the API prints.
-- The same hash again, from a request that is sent again, makes nothing as long as that card still works; once it does
-- not, that is said, because a sheet of cards that are refused helps nobody.
-- People are locked in the order of their ids, so that two sheets at once wait for each other, never in a circle.
create or replace function app.issue_cards(holders uuid[], secret_hashes bytea[])
returns table (place int, code text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    holder uuid;
    made   record;
begin
    if app.caller_role() is distinct from 'admin' and not exists (
            select from app.associations a where a.id = app.caller() and a.status = 'verified') then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    for holder in select n.holder from unnest(holders) n (holder) order by n.holder loop
        perform app.own_beneficiary(holder);
    end loop;
    if exists (select from app.cards c where c.secret_hash = any (secret_hashes) and c.status = 'revoked') then
        raise exception 'card.replaced' using errcode = 'EP409';
    end if;
    perform app.end_cards(array(
        select c.id from app.cards c
        where c.beneficiary_id = any (holders) and c.status = 'active' and c.secret_hash <> all (secret_hashes)),
        'replaced');
    for made in
        insert into app.cards as c (beneficiary_id, secret_hash, made_at)
        select n.holder, n.secret_hash, app.clock() from unnest(holders, secret_hashes) n (holder, secret_hash)
        where not exists (select from app.cards x where x.beneficiary_id = n.holder and x.status = 'active')
        returning c.id, c.beneficiary_id
    loop
        perform app.note('card.made', 'beneficiary', made.beneficiary_id, jsonb_build_object('card', made.id));
    end loop;
    return query
        select n.place::int, b.code from unnest(holders) with ordinality n (holder, place)
        join app.beneficiaries b on b.id = n.holder order by n.place;
end $$;
grant execute on function app.issue_cards(uuid[], bytea[]) to authenticated;
