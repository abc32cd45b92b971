-- Issue our invoice for a month of Premium that was paid, or the credit note for a refund of it, once; return it.
-- Called by the worker (subscriptions.issue_invoices) for what subscriptions_to_invoice returns. `platform` is who invoices.
-- The VAT of a credit note is 20 % of what it gives back before VAT: where that differs by a cent from what was posted with
-- the refund, one posting `credit_vat` moves it.
-- Definer, because nobody may write documents; only the worker may execute it.
-- Locks: the billed period, the refund, then the number's series.
create or replace function app.invoice_subscription(wanted text, refunded text, platform jsonb) returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    period   accounting.billed_periods;
    back     accounting.billed_refunds;
    document uuid;
    tax      bigint;
begin
    select p.* into strict period from accounting.billed_periods p where p.invoice = wanted for update;
    if refunded is null then
        if period.document_id is not null then return period.document_id; end if;
        document := app.issue_document(
            'invoice', 'subscription:' || wanted, period.shop_id, period.first_day, period.last_day, platform,
            jsonb_build_array(jsonb_build_object('text', 'EcoPanier Premium, un mois', 'cents', period.net_cents)), true);
        update accounting.billed_periods p set document_id = document where p.invoice = wanted;
        return document;
    end if;
    select r.* into strict back from accounting.billed_refunds r where r.refund = refunded for update;
    if back.document_id is not null then return back.document_id; end if;
    document := app.issue_document(
        'credit_note', 'subscription:' || refunded, period.shop_id, period.first_day, period.last_day, platform,
        jsonb_build_array(jsonb_build_object('text', 'EcoPanier Premium, remboursement', 'cents', back.net_cents)), true,
        period.document_id);
    update accounting.billed_refunds r set document_id = document where r.refund = refunded;
    select d.vat_cents - (back.cents - back.net_cents) into tax from accounting.documents d where d.id = document;
    perform app.post('credit_vat', refunded, null, app.clock(),
                     array[app.ledger_account('vat'), app.ledger_account('rounding')], array[tax, -tax]);
    return document;
end $$;
grant execute on function app.invoice_subscription(text, text, jsonb) to ecopanier_worker;
