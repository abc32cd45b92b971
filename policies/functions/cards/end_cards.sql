-- Revoke cards and end the sessions that were opened with them.
-- Called by issue_cards, revoke_card and end_transfer. Definer, because no role may write cards; only the owner may execute it.
-- Locks: all cards first, in the order of ids, then their sessions. A sign-in under way holds its card, so its session
-- exists by the time we have the card.
create or replace function app.end_cards(ended uuid[], why text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform from app.cards c where c.id = any (ended) order by c.id for update;
    update app.cards c set status = 'revoked', revoked_at = app.clock() where c.id = any (ended) and c.status = 'active';
    update app.sessions s set ended_at = app.clock(), ended_because = 'card_revoked'
    where s.card_id = any (ended) and s.ended_at is null;
    perform app.note('card.revoked', 'beneficiary', c.beneficiary_id, jsonb_build_object('card', c.id, 'why', why))
    from app.cards c where c.id = any (ended);
end $$;
