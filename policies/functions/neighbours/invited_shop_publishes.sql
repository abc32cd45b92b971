-- Trigger: note that a shop that was invited by another has published its first lot, and tell the inviting shop's owners if the
-- invited one agreed to that when it registered.
-- Fires after a lot is published (policies/tables/neighbours.sql). Definer, because nobody may write invitations or notices.
-- Locks: the invitation.
create or replace function app.invited_shop_publishes() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    invited app.shop_invitations;
begin
    for invited in update app.shop_invitations i set first_lot_at = app.clock()
                   where i.invited_shop_id = new.shop_id and i.first_lot_at is null returning * loop
        continue when not invited.named;
        perform app.tell_shop(invited.shop_id, 'invited_shop_publishes', jsonb_build_object(
            'shop', (select s.name from app.shops s where s.id = new.shop_id)), invited.id::text);
    end loop;
    return null;
end $$;
