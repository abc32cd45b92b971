-- A page of verified associations, for those who need their ids: merchants and associations, for agreements and transfers,
-- and admins. Definer, because an association's row is its own and its partners': id, name and commune alone are shown.
create or replace function app.verified_associations(
    words text, commune text, beyond uuid, most int, out id uuid, out name text, out insee_code text)
returns setof record language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    if coalesce(app.caller_role(), '') not in ('merchant', 'association', 'admin') then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    if commune is null then
        return query
            select a.id, a.name, a.insee_code from app.associations a
            where a.status = 'verified' and (beyond is null or a.id > beyond)
              and position(app.without_accents(coalesce(words, '')) in app.without_accents(a.name)) > 0
            order by a.id limit most;
    else
        return query
            select a.id, a.name, a.insee_code from app.associations a
            where a.status = 'verified' and a.insee_code = commune and (beyond is null or a.id > beyond)
              and position(app.without_accents(coalesce(words, '')) in app.without_accents(a.name)) > 0
            order by a.id limit most;
    end if;
end $$;
grant execute on function app.verified_associations(text, text, uuid, int) to authenticated;
