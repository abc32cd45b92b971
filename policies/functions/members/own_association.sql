-- Trigger: make who registers an association its first owner.
-- Fires after each insert into app.associations (policies/tables/associations.sql), after
-- answer_for_association. Definer, because nobody may write members.
create or replace function app.own_association() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into app.members (association_id, account_id, role, joined_at) values (new.id, new.owner_id, 'owner', app.clock());
    return null;
end $$;
