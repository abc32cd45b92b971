-- Post that money of a sale went back, once; return the posting. It comes out of what is still held for the sale. What a
-- shop has earned already comes back from the shop, the commission and its VAT, in their shares, and corrects the totals of
-- the closed lots; of several portions that were earned one by one (a gift) the last is taken first. What exceeds the sale
-- goes to `unmatched`, for a person to look at.
-- Called by post_payment, which holds the sale's posting, and by acts about disputes, which lock it themselves. `kind` and
-- `source` are those of the posting, `credited` is the account that the money leaves, and `reason` what the shop reads.
-- Definer, because nobody may write the ledger; only the owner may execute it. Locks: the posting.
create or replace function app.post_refund(
    sale uuid, kind text, source text, cents bigint, at timestamptz, credited text default 'stripe',
    reason text default 'refund') returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    posting     bigint;
    commissions bigint := app.ledger_account('commission');
    taxes       bigint := app.ledger_account('vat');
    accounts    bigint[] := array[app.ledger_account(credited)];
    amounts     bigint[] := array[-cents];
    missing     bigint := cents;
    pool        record;
    piece       record;
    taken       bigint;
    commission  bigint;
    tax         bigint;
    corrected   jsonb := '[]';
begin
    select p.id into posting from accounting.postings p where p.kind = post_refund.kind and p.source = post_refund.source;
    if found then return posting; end if;

    for pool in
        select n.account_id, -sum(n.cents) as cents
        from accounting.postings p join accounting.lines n on n.posting_id = p.id
        where p.reservation_id = sale
          and n.account_id = any (array[app.ledger_account('held'), app.ledger_account('suspended')])
        group by n.account_id having sum(n.cents) < 0
    loop
        taken := least(missing, pool.cents);
        accounts := accounts || pool.account_id;
        amounts := amounts || taken;
        missing := missing - taken;
    end loop;

    for piece in
        select e.*, l.id as lot_id, l.shop_id, l.zone, coalesce(c.back, 0)::bigint as back
        from app.pieces_of(sale) e
        join lateral (
            select y.id, y.shop_id, s.time_zone as zone
            from app.reservations r join app.lots y on y.id = r.lot_id join app.shops s on s.id = y.shop_id
            where r.id = e.reservation_id) l on true
        left join lateral (
            select -sum(x.gross_cents) as back from accounting.closed_lot_corrections x
            where x.earned_id = e.id and x.posting_id <> e.id) c on true
        where e.gross > coalesce(c.back, 0)
        order by e.id desc
    loop
        exit when missing = 0;
        taken := least(missing, piece.gross - piece.back);
        missing := missing - taken;
        commission := app.share_of(piece.commission, piece.back + taken, piece.gross)
                      - app.share_of(piece.commission, piece.back, piece.gross);
        tax := app.share_of(piece.tax, piece.back + taken, piece.gross) - app.share_of(piece.tax, piece.back, piece.gross);
        accounts := accounts || array[app.ledger_account('shop', piece.shop_id), commissions, taxes];
        amounts := amounts || array[taken - commission - tax, commission, tax];
        corrected := corrected || jsonb_build_object(
            'lot_id', piece.lot_id, 'shop_id', piece.shop_id, 'at', app.next_night(piece.zone, app.clock()), 'gross', -taken,
            'commission', -commission, 'vat', -tax, 'net', commission + tax - taken, 'earned', piece.id);
    end loop;
    if missing > 0 then
        accounts := accounts || app.ledger_account('unmatched');
        amounts := amounts || missing;
    end if;

    posting := app.post(post_refund.kind, post_refund.source, sale, post_refund.at, accounts, amounts);
    insert into accounting.closed_lot_corrections
        (lot_id, shop_id, at, gross_cents, commission_cents, vat_cents, net_cents, reason, posting_id, earned_id)
    select x.lot_id, x.shop_id, x.at, x.gross, x.commission, x.vat, x.net, post_refund.reason, posting, x.earned
    from jsonb_to_recordset(corrected) as x (lot_id uuid, shop_id uuid, at timestamptz, gross bigint, commission bigint,
                                             vat bigint, net bigint, earned bigint);
    return posting;
end $$;
