-- Return whether a territory is another one or lies in it, by their codes.
-- Called by propose_fund, funds_of_client and fund_statement_of_client. Definer, because only acts read territories; only
-- the owner may execute it.
create or replace function app.lies_in(code text, territory text) returns boolean
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select code = territory or exists (
        select from app.territories i join app.territories o on o.code = territory
        where i.code = lies_in.code
          and case o.kind when 'country' then true
                          when 'region' then i.region = o.code
                          when 'department' then i.department = o.code
                          when 'epci' then i.epci = o.code
                          when 'commune' then i.commune = o.code
                          else false end)
$$;
