"""Note who answers for an association: its owner may change, while its id stays that of the account that began it."""

from alembic import op

revision = "2026_11_29_1356"
down_revision = "2026_11_29_1355"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.associations
            add column owner_id uuid constraint associations_owner_id_fkey references app.accounts;
        update app.associations set owner_id = id;
        alter table app.associations alter column owner_id set not null;
        create index associations_owner_id_idx on app.associations (owner_id);
    """)
