-- Store the keyed hash by the present method of a person whose hash an earlier method made. Return whether somebody else
-- has that hash already; null if there was nothing to do, because the person was corrected, renewed or erased meanwhile.
-- Called by the worker's job beneficiaries.renew_identities, for one person per transaction: so it never holds one hash
-- while it waits for another, as an enrolment of many people does.
-- Two people may turn out alike: one person enrolled under two spellings, or two namesakes. Both rows stay, and so do
-- their rights, because no program can tell the cases apart; `identity_rank` numbers them. Nobody is told, because each
-- association would learn about the other's people.
-- Definer, because nobody may write persons; only the worker's login may execute it.
-- Locks: the person, then the hash.
create or replace function app.renew_identity(
    beneficiary uuid, sealed_before bytea, new_identity bytea, present_method int) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    ranked int;
begin
    loop
        begin
            update app.beneficiary_persons p
            set identity = new_identity, identity_method = present_method,
                identity_rank = case when p.identity = new_identity then p.identity_rank else coalesce(
                    (select max(o.identity_rank) + 1 from app.beneficiary_persons o where o.identity = new_identity),
                    0) end
            where p.beneficiary_id = beneficiary and p.sealed = sealed_before and p.identity_method < present_method
            returning p.identity_rank into ranked;
            return ranked > 0;
        exception when unique_violation then
            -- Somebody with this hash was enrolled at this very moment: now their row is there to be counted.
            null;
        end;
    end loop;
end $$;
grant execute on function app.renew_identity(uuid, bytea, bytea, int) to ecopanier_worker;
