"""Add what shops regularly leave, whether they show it, and suggestions that nobody is interested in."""

from alembic import op

revision = "2026_11_29_2391"
down_revision = "2026_11_29_2340"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- Whether associations near a shop are told what it regularly leaves, in coarse quantities.
        alter table app.shops add column shows_leftovers boolean not null default false;

        -- What a shop leaves on most of such days of the week, counted again each night over 8 weeks. 1 is Monday.
        create table app.shop_leftovers (
            shop_id uuid not null constraint shop_leftovers_shop_id_fkey references app.shops on delete cascade,
            weekday int not null constraint shop_leftovers_weekday_check check (weekday between 1 and 7),
            category text not null,
            grams int not null constraint shop_leftovers_grams_check check (grams > 0),
            constraint shop_leftovers_pkey primary key (shop_id, weekday, category)
        );

        -- Suggestions that a side is not interested in: not suggested to it again for a while.
        create table app.neighbour_dismissals (
            shop_id uuid not null constraint neighbour_dismissals_shop_id_fkey references app.shops on delete cascade,
            association_id uuid not null constraint neighbour_dismissals_association_id_fkey
                references app.associations on delete cascade,
            said_by text not null constraint neighbour_dismissals_said_by_check
                check (said_by in ('shop', 'association')),
            at timestamptz not null,
            constraint neighbour_dismissals_pkey primary key (shop_id, association_id, said_by)
        );
        create index neighbour_dismissals_association_id_idx on app.neighbour_dismissals (association_id);
        create index neighbour_dismissals_at_idx on app.neighbour_dismissals (at);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('neighbour_dismissals', '90 days', 'refus de la suggestion',
             'Ne pas suggérer de nouveau un voisin qui n''intéresse pas.'),
            ('shop_leftovers', null, 'durée du commerce',
             'Ce qui reste d''habitude à un commerce, recompté chaque nuit sur 8 semaines.');
    """)
