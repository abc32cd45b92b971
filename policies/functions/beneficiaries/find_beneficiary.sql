-- Return which of the caller's own people has this keyed hash, by the present method or by the one before; null if nobody does, or if they are another
-- association's.
-- Called by POST /v1/beneficiaries/find, as an association; one that is not verified finds nobody.
-- Definer, because nobody may read the hashes: it returns the id of somebody whom the caller enrolled. It raises EP403
-- as open_persons does, because finding tells who is enrolled. Each search stands in the audit log, also one that finds
-- nobody.
create or replace function app.find_beneficiary(sought bytea, formerly bytea, method int) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    association uuid := app.acting_verified();
    found_one   uuid;
begin
    perform app.require_factor_for_names();
    select b.id into found_one from app.beneficiary_persons p join app.beneficiaries b on b.id = p.beneficiary_id
    where (p.identity = sought or p.identity = formerly and p.identity_method < method)
      and b.association_id = association
    order by p.identity_rank, b.id limit 1;
    perform app.note('beneficiary.sought', 'beneficiary', found_one);
    return found_one;
end $$;
grant execute on function app.find_beneficiary(bytea, bytea, int) to authenticated;
