-- Return the last day of a beneficiary's right if a reminder about it is still due; null if it was renewed or
-- suspended.
-- Called by tell_right_ends, and by still_to_tell right before the mail is written.
-- Definer, because it reads beneficiaries; only the owner may execute it.
create or replace function app.right_to_remind_of(beneficiary uuid) returns date
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return (select b.eligible_until from app.beneficiaries b
            left join app.associations o on o.id = b.association_id
            cross join lateral app.local_day(app.clock(), o.time_zone) as t (today)
            where b.id = beneficiary and b.status = 'verified'
              and b.eligible_until between t.today and t.today + 30);
end $$;
