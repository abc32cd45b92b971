"""Add the names by which territories are found. `ecopanier migrate` fills the tables afterwards."""

from alembic import op

revision = "2026_11_29_2310"
down_revision = "2026_11_29_2300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- A key finds a territory as one of `place_names` finds a commune.
        create table app.territory_names (
            key text collate "C" not null,
            code text not null constraint territory_names_code_fkey references app.territories,
            begins boolean not null,
            population int not null,
            constraint territory_names_pkey primary key (key, code)
        );
        create index territory_names_code_idx on app.territory_names (code);
    """)
