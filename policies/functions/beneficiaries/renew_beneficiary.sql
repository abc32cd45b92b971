-- Extend a beneficiary's right until a day that is today or later where its association is, and at most five years away.
-- Called by POST /v1/beneficiaries/{beneficiary_id}/renew, as the association that enrolled them or as an admin.
-- Definer, because nobody may write rights. own_beneficiary decides who gets through.
-- Locks: the beneficiary.
create or replace function app.renew_beneficiary(beneficiary uuid, until date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    own   app.beneficiaries := app.own_beneficiary(beneficiary);
    today date := app.local_day(app.clock(), (select a.time_zone from app.associations a where a.id = own.association_id));
begin
    if until < today then
        raise exception 'beneficiary.right_in_the_past' using errcode = 'EP422';
    end if;
    if until > app.last_day_of_rights(app.clock()) then
        raise exception 'beneficiary.right_too_long' using errcode = 'EP422';
    end if;
    update app.beneficiaries b set eligible_until = until, version = b.version + 1 where b.id = beneficiary;
    perform app.note('beneficiary.renewed', 'beneficiary', beneficiary, jsonb_build_object('until', until));
end $$;
grant execute on function app.renew_beneficiary(uuid, date) to authenticated;
