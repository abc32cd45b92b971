-- Return whether a reservation to collect stands, was collected, or ended by somebody else than its holder.
-- Called by lots_reserved_by, photos_reserved_by and lot_without_portions: its holder may go on reading the lot.
-- A donor reads the gift instead. Runs as its caller and without a search path of its own, so that Postgres puts the
-- expression in place of the call.
create or replace function app.came_to_something(purpose text, status text, ended_because text) returns boolean
language sql immutable parallel safe as $$
    select purpose = 'collect' and status <> 'expired'
       and (status <> 'cancelled' or ended_because not in ('holder', 'holder_late'))
$$;
