-- Make cards for these people and revoke their former ones; return each person's code in the order asked for.
-- Called by POST /v1/beneficiaries/cards, as the verified association that enrolled them.
-- The API prints the secrets; the database gets their hashes. The same hash again, from a repeated request, makes
-- nothing while that card works. Once the card is revoked the repetition is refused, because a sheet of cards that do
-- not work helps nobody.
-- An admin makes none: whoever has a card and a kiosk can sign in as its holder.
-- Definer, because no role may write cards. own_beneficiary decides who gets through.
-- Locks: the beneficiaries in the order of ids, so that two sheets at once never wait for each other in a circle; then
-- the former cards and their sessions (end_cards).
create or replace function app.issue_cards(holders uuid[], secret_hashes bytea[])
returns table (place int, code text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    holder uuid;
    made   record;
begin
    if not exists (select app.verified_associations_of(app.caller())) then
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
