-- Let a meal save another weight of CO2e from today on; returns the weight before. For change_settings, which has locked.
-- A new factor with a method of its own: every entry keeps the factor that it was written with, and every figure names
-- the method in force. Its number is in the name, so that several changes on one day are several methods.
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
