-- Change how much CO2e a meal saves, from today on; return the value before, in grams.
-- Called by change_settings, which holds the lock on the parameters. Only the owner may execute it.
-- It adds a factor with a method of its own: entries keep the factor that they were written with, and each figure
-- names the method in force. The factor's number is in the method's name, so that several changes on one day are
-- several methods.
create or replace function app.set_general_factor(grams int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    today  date := app.paris_day(app.clock());
    before app.impact_factors := app.general_factor();
    number int;
begin
    if grams not between 0 and 10000 then raise exception 'data.out_of_bounds' using errcode = 'EP422'; end if;
    if grams <> before.co2e_grams_per_meal then
        select max(f.id) + 1 into number from app.impact_factors f;
        insert into app.impact_factors (id, method, co2e_grams_per_meal, source, valid_from)
        values (number, format('ecopanier-%s-%s', today, number), grams, 'set by an admin', today);
    end if;
    return before.co2e_grams_per_meal;
end $$;
