-- Tell webhooks of the state of a collection: those of the shop and of the association that receives it, or that it is
-- offered to. A trigger on collections.
-- An association that a collection is newly offered to is told of the state, and the shop is not told again.
create or replace function app.tell_of_state() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    event text := 'collection.' || new.status || '.v1';
    path  text := '/v1/collections/' || new.id;
begin
    if new.shop_id is not null and (tg_op = 'INSERT' or new.status <> old.status) then
        perform app.tell_webhooks('shop', new.shop_id, event, path);
    end if;
    if new.association_id is not null then
        perform app.tell_webhooks('association', new.association_id, event, path);
    end if;
    return null;
end $$;
