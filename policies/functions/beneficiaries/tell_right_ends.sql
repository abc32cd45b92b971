-- Tell a beneficiary when their right ends, unless it has been renewed meanwhile.
-- Called by remind_of_rights and tell_queued. Definer, because it reads beneficiaries; only the owner may execute it.
create or replace function app.tell_right_ends(beneficiary uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    until date := app.right_to_remind_of(beneficiary);
begin
    if until is not null then
        perform app.notify(beneficiary, 'right_ends', jsonb_build_object('until', until));
    end if;
end $$;
