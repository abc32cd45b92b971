-- Issue an invoice, or a credit note for the invoice `original`, once for each `source`; return it. Its number, its date
-- and all that will be printed are written in one row: the PDF is made from it later, and never from anything else.
-- `lines` are `{text, cents}` before VAT; the VAT is 20 % of their sum, half up.
-- Called by issue_month and issue_invoice. Definer, because nobody may write documents; only the owner may execute it.
-- Locks: the number's series (policies/LOCKS.md).
create or replace function app.issue_document(
    kind text, source text, shop uuid, first_day date, last_day date, platform jsonb, lines jsonb,
    paid_by_card boolean default false, original uuid default null) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    document uuid;
    net      bigint;
    vat      bigint;
    given    record;
    original_number    text;
    original_issued_on date;
begin
    select d.id into document from accounting.documents d where d.kind = issue_document.kind and d.source = issue_document.source;
    if found then return document; end if;
    select sum((line ->> 'cents')::bigint) into net from jsonb_array_elements(lines) line;
    if coalesce(net, 0) <= 0 then
        raise exception 'an invoice or a credit note has an amount' using errcode = 'check_violation';
    end if;
    vat := (net + 2) / 5;
    if kind = 'credit_note' then
        select d.number, app.paris_day(d.issued_at) into strict original_number, original_issued_on from accounting.documents d
        where d.id = original and d.kind = 'invoice' and d.shop_id = shop;
    end if;
    given := app.next_document_number(case kind when 'invoice' then 'F' else 'A' end);
    insert into accounting.documents (kind, number, source, shop_id, first_day, last_day, net_cents, vat_cents, gross_cents,
                                      original_id, issued_at, contents)
    values (kind, given.number, source, shop, first_day, last_day, net, vat, net + vat, original, given.issued_at,
            jsonb_build_object(
                'number', given.number, 'issued_on', app.paris_day(given.issued_at),
                'first_day', first_day, 'last_day', last_day,
                'seller', platform, 'buyer', app.party_of(shop), 'lines', lines,
                'net_cents', net, 'vat_cents', vat, 'gross_cents', net + vat, 'paid_by_card', paid_by_card,
                'original_number', original_number, 'original_issued_on', original_issued_on))
    returning id into document;
    return document;
end $$;
