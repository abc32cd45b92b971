-- Issue a holder's receipt for what they paid, and return it with what will be printed; the one that there is if nothing was
-- refunded since. Raises document.not_found alike if there is no such reservation, if it is not theirs, and if it was free.
-- Called by GET /v1/reservations/{reservation_id}/receipt.pdf. Who gives a lot holds the reservation that they paid.
-- Definer, because nobody may write documents; it lets through only the caller's own payment. The row keeps no account.
-- Locks: the document that it inserts.
create or replace function app.issue_receipt(reservation uuid, out id uuid, out contents text, out sha256 text)
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    paid   record;
    key    text;
begin
    select p.amount_cents, least(p.refunded_cents, p.amount_cents) as refunded_cents,
           least(p.disputed_cents, p.amount_cents - least(p.refunded_cents, p.amount_cents)) as disputed_cents,
           coalesce(r.confirmed_at, p.created_at) as paid_at,
           r.quantity, r.unit_price_cents, r.purpose, l.title, l.shop_id, s.time_zone, s.food_vat_bp, s.vat_franchise
    into paid
    from app.reservations r
    join app.payments p on p.reservation_id = r.id
    join app.lots l on l.id = r.lot_id
    join app.shops s on s.id = l.shop_id
    where r.id = issue_receipt.reservation and r.account_id = app.caller() and p.amount_cents > 0
      and p.status in ('succeeded', 'refund_due', 'refunded');
    if not found then raise exception 'document.not_found' using errcode = 'EP404'; end if;
    key := issue_receipt.reservation || ':' || paid.refunded_cents
           || case when paid.disputed_cents > 0 then ':' || paid.disputed_cents else '' end;
    insert into accounting.documents (kind, source, shop_id, first_day, last_day, gross_cents, issued_at, contents)
    values ('receipt', key, paid.shop_id, (paid.paid_at at time zone paid.time_zone)::date,
            (paid.paid_at at time zone paid.time_zone)::date, paid.amount_cents - paid.refunded_cents - paid.disputed_cents,
            app.clock(),
            jsonb_build_object(
                'reference', upper(right(issue_receipt.reservation::text, 12)),
                'issued_on', (app.clock() at time zone paid.time_zone)::date,
                'paid_on', (paid.paid_at at time zone paid.time_zone)::date,
                'seller', app.party_of(paid.shop_id), 'title', paid.title, 'quantity', paid.quantity,
                'price_cents', paid.unit_price_cents, 'amount_cents', paid.amount_cents,
                'refunded_cents', paid.refunded_cents, 'disputed_cents', paid.disputed_cents, 'vat_bp', paid.food_vat_bp, 'vat_franchise', paid.vat_franchise,
                'gift', paid.purpose = 'give'))
    on conflict on constraint documents_kind_source_key do nothing;
    select d.id, d.contents::text, d.sha256 into issue_receipt.id, issue_receipt.contents, issue_receipt.sha256
    from accounting.documents d where d.kind = 'receipt' and d.source = key;
end $$;
grant execute on function app.issue_receipt(uuid) to authenticated;
