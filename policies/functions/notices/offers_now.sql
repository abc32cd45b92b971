-- Return those parts of a notice about offers that are still true for a person, with the lots that they can reserve now.
-- Called by delivery_to_send, right before a mail is written: by then a lot may be sold out, withdrawn or free, and a
-- beneficiary's right may have ended. A favourite shop is told of with what it offers now, up to three lots.
-- Definer, because it reads everybody's rows; only the owner may execute it.
create or replace function app.offers_now(account uuid, told jsonb) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    moment  timestamptz := app.clock();
    current boolean := app.is_current_beneficiary(account);
begin
    return coalesce((
        select jsonb_agg(t.part || jsonb_build_object('lots', app.offers_in_words(n.lots, 10)) order by t.place)
        from (select x.part, x.place, (x.part ->> 'shop_id')::uuid as shop,
                     row_number() over (partition by coalesce(x.part ->> 'shop_id', x.place::text) order by x.place) as again
              from jsonb_array_elements(told) with ordinality as x (part, place)) t
        cross join lateral (
            select array_agg(o.id) as lots from (
                (select l.id from app.lots l
                 where t.shop is not null and l.shop_id = t.shop and app.is_offered_to(l, current, moment)
                 order by l.id desc limit 3)
                union all
                select l.id from app.lots l
                where t.shop is null and app.is_offered_to(l, current, moment)
                  and l.id = any (array(select (y ->> 'id')::uuid from jsonb_array_elements(t.part -> 'lots') y))) o) n
        where t.again = 1 and n.lots is not null), '[]');
end $$;
