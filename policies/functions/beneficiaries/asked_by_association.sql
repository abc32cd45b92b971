-- Return whether the association that has the person asked for a transfer, by one of its members; if not, an admin did.
-- Called by transfer_waits_for, tell_transfer and end_transfer.
-- Definer, because it reads accounts; only the owner may execute it.
create or replace function app.asked_by_association(transfer app.transfers) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return transfer.from_association_id is not null
       and not exists (select from app.accounts a where a.id = transfer.asked_by and a.role = 'admin');
end $$;
