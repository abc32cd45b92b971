-- Return who can speak to a beneficiary whom no mail reaches: who answers for the association that enrolled them or, for somebody whom
-- an admin enrolled, every admin.
-- Called by end_recalled_lot, holder_not_reached and holders_without_address.
-- Definer, because it reads accounts; only the owner may execute it.
create or replace function app.supporters_of(beneficiary uuid) returns setof uuid
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select s.id from app.beneficiaries b
        left join app.associations o on o.id = b.association_id
        join app.accounts s on s.id = o.owner_id
            or b.association_id is null and s.role = 'admin' and s.status = 'active'
        where b.id = beneficiary and b.status <> 'erased';
end $$;
