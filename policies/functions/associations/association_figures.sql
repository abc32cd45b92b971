-- Return how many people the caller's association has enrolled, by the state of their right; erased people do not
-- count.
-- Called by GET /v1/associations/me/figures, as a member of it. `ending_soon`: the right ends within 30 days.
-- Definer; it counts the caller's own people only.
create or replace function app.association_figures(
    out enrolled int, out pending int, out verified int, out suspended int, out expired int, out ending_soon int)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
declare
    association uuid := app.acting_association('reader');
    today       date := app.local_day(app.clock(), (select a.time_zone from app.associations a where a.id = association));
begin
    if association is null then raise exception 'association.not_found' using errcode = 'EP404'; end if;
    select count(*), count(*) filter (where b.status = 'pending'), count(*) filter (where b.status = 'verified'),
           count(*) filter (where b.status = 'suspended'),
           count(*) filter (where b.status = 'verified' and b.eligible_until < today),
           count(*) filter (where b.status = 'verified' and b.eligible_until between today and today + 30)
    into enrolled, pending, verified, suspended, expired, ending_soon
    from app.beneficiaries b where b.association_id = association and b.status <> 'erased';
end $$;
grant execute on function app.association_figures() to authenticated;
