-- Propose a fund as an owner of its organisation, and return its id. Nothing is committed before an admin confirms it.
-- Called by POST /v1/funds. `category_rates` are cents by category, where they are not `rate_cents`; with `per` 'kg' they
-- are for a kilogram of food. Without a territory it is that of the organisation.
-- Definer, because only acts write funds. Only an owner whose sign-in has passed the second factor gets through.
create or replace function app.propose_fund(
    organisation uuid, name text, reference text, ceiling_cents bigint, first_day date, last_day date, categories text[],
    territory text, per text, rate_cents int, category_rates jsonb) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own  app.organisations;
    fund uuid;
begin
    select o.* into own from app.organisations o
    where o.id = organisation and o.id = any (array(select app.organisations_of(app.caller(), 'owner')));
    if not found then raise exception 'organisation.not_found' using errcode = 'EP404'; end if;
    perform app.require_factor();
    if territory is not null and not app.lies_in(territory, own.territory_code) then
        raise exception 'fund.territory_outside' using errcode = 'EP422';
    end if;
    if last_day < app.paris_day(app.clock()) then raise exception 'fund.days_invalid' using errcode = 'EP422'; end if;
    if exists (select from jsonb_each(category_rates) r
               where case when jsonb_typeof(r.value) = 'number'
                          then (r.value #>> '{}')::numeric not between 1 and 100000
                               or (r.value #>> '{}')::numeric % 1 <> 0
                          else true end) then
        raise exception 'request.out_of_bounds' using errcode = 'EP422';
    end if;
    insert into app.funds (organisation_id, name, reference, ceiling_cents, left_cents, first_day, last_day, categories,
                           territory_code, per, rate_cents, category_rates, created_at)
    values (organisation, propose_fund.name, propose_fund.reference, propose_fund.ceiling_cents,
            propose_fund.ceiling_cents, propose_fund.first_day, propose_fund.last_day, propose_fund.categories,
            coalesce(territory, own.territory_code), propose_fund.per, propose_fund.rate_cents,
            propose_fund.category_rates, app.clock())
    returning id into fund;
    perform app.note('fund.proposed', 'fund', fund, jsonb_build_object('organisation', organisation,
                                                                       'cents', propose_fund.ceiling_cents));
    perform app.tell_admins('fund', fund, propose_fund.name);
    return fund;
end $$;
grant execute on function app.propose_fund(uuid, text, text, bigint, date, date, text[], text, text, int, jsonb)
    to authenticated;
