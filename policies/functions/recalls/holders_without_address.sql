-- Return the codes of the beneficiaries who hold or have a recalled lot and have no confirmed address.
-- Called by tell_supporter, for what one association or admin is to pass on. An address that an
-- association wrote down at the enrolment is not a confirmed one. With a `reservation`, its holder is returned whatever
-- addresses they have, because a mail to them came back.
-- Definer, because it reads everybody's reservations and addresses; only the owner may execute it.
create or replace function app.holders_without_address(lot uuid, supporter uuid, reservation uuid default null)
returns table (code text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp as $$
begin
    return query
        select distinct b.code
        from app.reservations r
        join app.beneficiaries b on b.id = r.account_id and b.code is not null
        where r.lot_id = lot and supporter in (select app.supporters_of(b.id))
          and (r.id = reservation
               or reservation is null
                  and not exists (select from app.sealed_addresses s
                                  where s.account_id = b.id and s.verified_at is not null)
                  and (r.status = 'picked_up' or r.status = 'cancelled' and r.ended_because = 'recalled'))
        order by b.code;
end $$;
