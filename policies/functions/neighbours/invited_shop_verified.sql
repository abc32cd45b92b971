-- Trigger: note that a shop that was invited by another is verified; of several shops of its merchant, the first.
-- Fires after a shop becomes verified (policies/tables/neighbours.sql). Definer, because nobody may write invitations.
-- Locks, under the shop's lock: the invitation.
create or replace function app.invited_shop_verified() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    update app.shop_invitations i set invited_shop_id = new.id, verified_at = app.clock()
    where i.account_id = new.owner_id and i.verified_at is null;
    return null;
end $$;
