-- Return a page of verified associations in the order of ids, optionally of one commune and with a text in their name.
-- Called by GET /v1/associations, as a merchant, an association or an admin, who need ids for agreements and
-- transfers.
-- Definer, because only the association itself, its partners and admins see its row: this lets through id, name and
-- commune.
create or replace function app.verified_associations(
    words text, commune text, beyond uuid, most int, out id uuid, out name text, out insee_code text)
returns setof record language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    sought text := app.plain_text(words);
begin
    if coalesce(app.caller_role(), '') not in ('merchant', 'association', 'admin')
       and not exists (select from app.shops_of(app.caller(), 'reader'))
       and not exists (select from app.associations_of(app.caller(), 'reader')) then
        raise exception 'access.forbidden' using errcode = 'EP403';
    end if;
    if commune is null then
        return query
            select a.id, a.name, a.insee_code from app.associations a
            where a.status = 'verified' and (beyond is null or a.id > beyond)
              and (words is null or sought <> '' and position(sought in app.plain_text(a.name)) > 0)
            order by a.id limit most;
    else
        return query
            select a.id, a.name, a.insee_code from app.associations a
            where a.status = 'verified' and a.insee_code = commune and (beyond is null or a.id > beyond)
              and (words is null or sought <> '' and position(sought in app.plain_text(a.name)) > 0)
            order by a.id limit most;
    end if;
end $$;
grant execute on function app.verified_associations(text, text, uuid, int) to authenticated;
