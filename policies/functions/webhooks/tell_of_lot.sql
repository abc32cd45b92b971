-- Tell the webhooks of a shop that a lot was published or is over. A trigger on lots. Free lots beside discounted ones,
-- which stand for given portions, are none of the shop's.
create or replace function app.tell_of_lot() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.tell_webhooks('shop', new.shop_id, case new.status when 'published' then 'lot.published.v1' else 'lot.ended.v1' end,
                              '/v1/lots/' || new.id);
    return null;
end $$;
