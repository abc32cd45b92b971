-- A code that an erased person had is drawn by nobody again: whoever tries draws another, as after any collision.
create or replace function app.refuse_spent_code() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    return case when exists (select from app.spent_codes s where s.code = new.code) then null else new end;
end $$;
