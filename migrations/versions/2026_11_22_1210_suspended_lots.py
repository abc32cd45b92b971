"""Add suspended lots: portions that a donor pays for and a beneficiary collects, and what happens to the rest."""

from alembic import op

revision = "2026_11_22_1210"
down_revision = "2026_11_22_1200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- A donor reserves portions too, but never collects them. Such a reservation ends as `given`.
        alter table app.reservations
            add column purpose text not null default 'collect' constraint reservations_purpose_check
                check (purpose in ('collect', 'give')),
            drop constraint reservations_status_check,
            add constraint reservations_status_check check (
                status in ('held', 'confirmed', 'picked_up', 'cancelled', 'expired', 'no_show', 'given')),
            add constraint reservations_given_check check (case purpose
                when 'collect' then status <> 'given'
                else unit_price_cents > 0 and status not in ('picked_up', 'no_show') end);

        -- The given portions of a discounted lot are offered as one free lot beside it.
        alter table app.lots
            add column suspended_from uuid constraint lots_suspended_from_fkey references app.lots,
            -- What donors paid per portion; whoever collects it has not saved that.
            add column given_price_cents int not null default 0,
            add constraint lots_given_price_check check ((given_price_cents > 0) = (suspended_from is not null)),
            add constraint lots_suspended_check check (
                suspended_from is null or kind = 'free' and becomes_free_at is null and recurring_id is null);
        create unique index lots_suspended_from_key on app.lots (suspended_from) where suspended_from is not null;

        -- null means everything that was received.
        alter table app.payments
            add column refund_cents int,
            add constraint payments_refund_cents_check check (
                refund_cents is null
                or refund_cents between 1 and amount_cents and status in ('refund_due', 'refunded'));

        -- One row per gift; its id is that of the reservation that was paid.
        create table app.suspended_lots (
            id uuid constraint suspended_lots_pkey primary key
                constraint suspended_lots_id_fkey references app.reservations,
            if_unclaimed text not null constraint suspended_lots_if_unclaimed_check
                check (if_unclaimed in ('refund', 'move')),
            -- Portions that nobody collected and for which another lot is looked for, and until when.
            unclaimed int not null default 0 constraint suspended_lots_unclaimed_check check (unclaimed >= 0),
            move_by timestamptz,
            -- When no portion of it was open any more.
            settled_at timestamptz,
            version int not null default 1,
            constraint suspended_lots_move_by_check check (unclaimed = 0 or move_by is not null and settled_at is null)
        );
        create index suspended_lots_unclaimed_idx on app.suspended_lots (move_by) where unclaimed > 0;

        -- Where a gift's portions were offered: with its own lot, and with each lot that they moved to.
        create table app.suspended_portions (
            reservation_id uuid constraint suspended_portions_pkey primary key
                constraint suspended_portions_reservation_id_fkey references app.reservations,
            suspended_lot_id uuid not null constraint suspended_portions_suspended_lot_id_fkey
                references app.suspended_lots,
            -- The free lot beside the discounted one.
            lot_id uuid not null constraint suspended_portions_lot_id_fkey references app.lots,
            -- How many were collected; null until the pickup window is over.
            collected int constraint suspended_portions_collected_check check (collected >= 0)
        );
        create index suspended_portions_suspended_lot_id_idx on app.suspended_portions (suspended_lot_id);
        create index suspended_portions_lot_id_idx on app.suspended_portions (lot_id);
        create index suspended_portions_open_idx on app.suspended_portions (lot_id) where collected is null;
    """)
