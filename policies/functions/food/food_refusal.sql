-- The one law of food dates: what forbids an occasion (`publication`, `reservation`, `conversion`, `collection`,
-- `handover`) at a moment; null when nothing does. For a publication the moment is the end of the pickup window, which
-- is not part of it; for a collection the takeover. Food is good until the end of its use-by day in Paris. A best-before date forbids nothing:
-- the answers mark such food once the date is past. An association that `distributes_in_time` need not have two days.
-- Plain SQL without settings of its own, so that Postgres puts the expression in the caller's place: with the occasion
-- known it comes down to the one comparison, in reserve's UPDATE as well.
create or replace function app.food_refusal(
    date_kind text, food_date date, occasion text, moment timestamptz, distributes_in_time boolean default false)
returns text language sql stable parallel safe as $$
    select case
        when date_kind <> 'use_by' then null
        when occasion = 'publication' then case
            when food_date < app.paris_day(moment - interval '1 microsecond') then 'lot.use_by_before_pickup' end
        when food_date < app.paris_day(moment) then 'lot.past_use_by'
        when occasion = 'collection' and not distributes_in_time
             and food_date < app.paris_day(moment + interval '48 hours') then 'lot.use_by_too_near'
    end
$$;
