-- Return who answers a transfer: `receiver`, `giver`, or `admin`, which means an admin other than the one who asked.
-- Called by end_transfer, transfers_seen and tell_transfer.
-- What the giving association asked for, the receiving one answers. What an admin asked for, the association that has
-- the person answers; a second admin does where there is no such association, or it cannot answer because it is
-- rejected, closed or suspended. Otherwise an admin could verify an association of their own, move people there and
-- read their names.
-- Definer, because it reads accounts; only the owner may execute it.
create or replace function app.transfer_waits_for(transfer app.transfers) returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return case
        when app.asked_by_association(transfer) then 'receiver'
        when exists (select from app.associations s join app.accounts a on a.id = s.owner_id
                     where s.id = transfer.from_association_id and s.status = 'verified' and a.status = 'active')
            then 'giver'
        else 'admin' end;
end $$;
