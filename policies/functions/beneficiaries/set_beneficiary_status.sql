-- Verify or suspend a beneficiary.
-- Called by POST /v1/beneficiaries/{beneficiary_id}/verify and /suspend, as the association that enrolled them or as
-- an admin.
-- Definer, because nobody may write rights. own_beneficiary decides who gets through.
-- Locks: the beneficiary.
create or replace function app.set_beneficiary_status(beneficiary uuid, new_status text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if new_status not in ('verified', 'suspended') then raise exception 'decision.unknown' using errcode = 'EP422'; end if;
    perform app.own_beneficiary(beneficiary);
    update app.beneficiaries b set status = new_status, version = b.version + 1 where b.id = beneficiary;
    perform app.note('beneficiary.' || new_status, 'beneficiary', beneficiary);
end $$;
grant execute on function app.set_beneficiary_status(uuid, text) to authenticated;
