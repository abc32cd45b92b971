-- Renew a beneficiary's right until a later day, by an admin or by the association that enrolled them.
create or replace function app.renew_beneficiary(beneficiary uuid, until date) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform app.own_beneficiary(beneficiary);
    if until < app.paris_day(app.clock()) then
        raise exception 'beneficiary.right_in_the_past' using errcode = 'EP422';
    end if;
    update app.beneficiaries b set eligible_until = until, version = b.version + 1 where b.id = beneficiary;
    perform app.note('beneficiary.renewed', 'beneficiary', beneficiary, jsonb_build_object('until', until));
end $$;
grant execute on function app.renew_beneficiary(uuid, date) to authenticated;
