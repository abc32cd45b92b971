-- Trigger: let who registers an association answer for it.
-- Fires before each insert into app.associations (policies/tables/associations.sql), which has the id of that account.
create or replace function app.answer_for_association() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    new.owner_id := coalesce(new.owner_id, new.id);
    return new;
end $$;
