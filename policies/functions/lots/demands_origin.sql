-- Return whether a lot has to say where its food comes from (docs/decisions/origin-and-ground.md).
-- Called by guard_lot and guard_recurring: this is the only place that states the rule.
-- Fruit and vegetables, meat and fish are categories of their own. Eggs and honey are not: the title says whether a lot
-- is of them, read without accents and in small letters (app.plain_text).
create or replace function app.demands_origin(category text, title text) returns boolean
language sql immutable parallel safe as $$
    select category in ('fruits_vegetables', 'butcher', 'fish')
        or category in ('dairy', 'grocery', 'organic', 'other')
           and app.plain_text(title)
               ~ '^ *([0-9]+ |(une |1 )?((demi )?douzaine|boites?|pots?|jars?|box|boxes|dozen) ?(d |de |of )?([0-9]+ )?)*(oeufs?|eggs?|miels?|honey)\M'
$$;
