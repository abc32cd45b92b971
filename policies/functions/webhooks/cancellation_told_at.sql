-- Return when a shop's webhooks are told of a reservation that is cancelled now: at the next half hour.
-- Called by end_reservation. A hold lapses some minutes after it was made, to the second. Told at once, its shop would read
-- from the two messages that it was never paid, and from any other time that it was. A reservation that is over with
-- its window counts as cancelled before, as one can cancel a free one until then.
-- Without a search path of its own, so that Postgres puts the expression in place of the call.
create or replace function app.cancellation_told_at(moment timestamptz, pickup_end timestamptz) returns timestamptz
language sql immutable parallel safe as $$
    select date_bin('30 minutes', least(moment, pickup_end - interval '1 microsecond'), timestamptz '2000-01-01 00:00+00')
           + interval '30 minutes'
$$;
