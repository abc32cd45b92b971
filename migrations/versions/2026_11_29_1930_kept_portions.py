"""Add given portions that were kept for somebody who did not come, and the number of sales of a closed lot."""

from alembic import op

revision = "2026_11_29_1930"
down_revision = "2026_11_29_2011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.suspended_portions add column kept int not null default 0
            constraint suspended_portions_kept_check check (kept >= 0);
        alter table app.suspended_portions drop constraint suspended_portions_given_back_check;
        alter table app.suspended_portions add constraint suspended_portions_given_back_check
            check (given_back >= 0 and given_back <= coalesce(collected, 0) + kept);

        alter table accounting.closed_lots add column sales int not null default 1
            constraint closed_lots_sales_check check (sales > 0);
        -- What was closed before: its sales, as far as their reservations are known.
        update accounting.closed_lots c set sales = n.sales
        from (select r.lot_id, count(*) as sales
              from accounting.postings p join app.reservations r on r.id = p.source::uuid
              where p.kind = 'earned' and p.source not like '%:%' group by r.lot_id) n
        where n.lot_id = c.lot_id and n.sales > 1;
    """)
