-- Trigger: refuse to change what was recorded, whoever asks.
create or replace function app.refuse_change() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception 'record.append_only' using errcode = 'EP409';
end $$;
