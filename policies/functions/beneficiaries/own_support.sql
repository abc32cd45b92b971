-- Return who answers for the caller's right: the association, with how to reach it; the one that a transfer which was
-- asked for leads to; and the state of the caller's newest card.
-- Called by GET /v1/me/support, as a beneficiary. Anybody else gets no row.
-- Definer, because beneficiaries read neither associations nor transfers: it returns what concerns the caller only.
create or replace function app.own_support(
    out association text, out phone text, out website text, out transfer_to text, out transfer_asked_at timestamptz,
    out card text, out card_made_at timestamptz)
returns setof record
language plpgsql stable security definer set search_path = pg_catalog, pg_temp rows 1 as $$
#variable_conflict use_column
declare
    me uuid := app.caller();
begin
    if app.caller_role() is distinct from 'beneficiary' then return; end if;
    return query
        select a.name, a.phone, a.website, b.name, t.asked_at, c.status, c.made_at
        from app.beneficiaries p
        left join app.associations a on a.id = p.association_id
        left join app.transfers t on t.beneficiary_id = p.id and t.status = 'pending'
        left join app.associations b on b.id = t.to_association_id
        left join lateral (select k.status, k.made_at from app.cards k
                           where k.beneficiary_id = p.id order by k.id desc limit 1) c on true
        where p.id = me;
end $$;
grant execute on function app.own_support() to authenticated;
