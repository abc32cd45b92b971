-- Second factors: nobody reads them. try_second_factor hands the API one sealed secret at a time; own_second_factors
-- tells a person about their own.
alter table app.second_factors enable row level security;
alter table app.second_factors force row level security;

create policy "Acts read and write every row" on app.second_factors for all to ecopanier_owner using (true) with check (true);
-- Written by begin_second_factor, confirm_second_factor, pass_factor, remove_second_factor, ask_factor_reset,
-- forget_factor, prune and forget_person.
