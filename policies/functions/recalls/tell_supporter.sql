-- Tell an association (or an admin) by their codes which of its people hold recalled food and may get no mail: the holder
-- of `reservation`, to whom a mail came back, or all who have no confirmed address.
-- Called by end_recalled_lot, holder_not_reached and tell_queued. The notice does not say what was free.
-- Definer, because it reads everybody's reservations; only the owner may execute it.
create or replace function app.tell_supporter(recall uuid, lot uuid, supporter uuid, reservation uuid default null)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    -- An address that their association wrote down gets the mail too, but nobody knows whether they read it.
    codes text[] := array(select h.code from app.holders_without_address(lot, supporter, reservation) h);
begin
    if codes = '{}' or app.recall_told(recall) is null then return; end if;
    perform app.notify(supporter, 'recall_to_pass_on',
                       app.recall_told(recall) || jsonb_build_object('lot', app.lot_told(lot), 'codes', codes),
                       recall || ' ' || lot || ' ' || coalesce(reservation::text, 'all'));
end $$;
