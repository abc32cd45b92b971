-- Return what `part` of `whole` is of a total, in cents, rounded half up. A refund gives back the share of all that was
-- refunded so far, less what was given back before, so that parts come to the total.
-- Called by the acts that post.
create or replace function app.share_of(total bigint, part bigint, whole bigint) returns bigint
language sql immutable parallel safe set search_path = pg_catalog, pg_temp as $$
    select (2 * total * part + whole) / (2 * whole)
$$;
