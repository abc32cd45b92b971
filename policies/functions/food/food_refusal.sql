-- Return the code of the problem by which food dates forbid an occasion at a moment; null if they allow it.
-- Called by the guards of lots and by the acts that reserve, sell, convert, move, offer and hand over food: this is
-- the only place that states the rule.
-- `occasion` is `publication` (the moment is the end of the pickup window, which is not part of it), `reservation`,
-- `conversion`, `collection` (the moment is the takeover) or `handover`. Food is good until the end of its use-by day
-- where the shop is: `food_date_ends_at` of its lot. A best-before date forbids nothing: answers mark such food once
-- the date is past. A collection needs two more days, unless the association `distributes_in_time`.
-- Plain SQL without settings of its own, so that Postgres inlines the expression. With a constant occasion it comes
-- down to one comparison of two moments, also in reserve's UPDATE.
create or replace function app.food_refusal(
    date_kind text, food_date_ends_at timestamptz, occasion text, moment timestamptz,
    distributes_in_time boolean default false)
returns text language sql stable parallel safe as $$
    select case
        when date_kind <> 'use_by' then null
        when occasion = 'publication' then case
            when food_date_ends_at < moment then 'lot.use_by_before_pickup' end
        when food_date_ends_at <= moment then 'lot.past_use_by'
        when occasion = 'collection' and not distributes_in_time
             and food_date_ends_at <= moment + interval '48 hours' then 'lot.use_by_too_near'
    end
$$;
