-- Tell the owners of API clients that expire within 30 days, once each; return how many clients were looked at.
-- Called by the worker's daily job api_clients.tell. Definer, because it writes notices; only the worker may execute it.
create or replace function app.tell_of_api_clients(most int) returns int
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment timestamptz := app.clock();
    c      record;
    told   int := 0;
begin
    for c in
        select x.*, coalesce(o.name, s.name, a.name) as place
        from app.api_clients x
        left join app.organisations o on o.id = x.organisation_id
        left join app.shops s on s.id = x.shop_id
        left join app.associations a on a.id = x.association_id
        where x.revoked_at is null and x.expires_at > moment and x.expires_at <= moment + interval '30 days'
          and (app.living_client(x.id)).id is not null
          and not exists (select from app.notices n
                          where n.event = 'api_client_ends' and n.once = x.id::text || x.expires_at::text)
        order by x.expires_at, x.id limit most
    loop
        told := told + 1;
        perform app.notify(
            m.account_id, 'api_client_ends',
            jsonb_build_object('name', c.name, 'place', c.place,
                               'day', to_char(c.expires_at at time zone 'Europe/Paris', 'YYYY-MM-DD')),
            c.id::text || c.expires_at::text)
        from (select m.account_id from app.members m
              where (m.organisation_id = c.organisation_id or m.shop_id = c.shop_id
                     or m.association_id = c.association_id)
                and m.role = 'owner' and m.account_id is not null order by m.account_id) m;
    end loop;
    return told;
end $$;
grant execute on function app.tell_of_api_clients(int) to ecopanier_worker;
