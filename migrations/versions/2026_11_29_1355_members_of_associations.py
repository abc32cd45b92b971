"""Let people be members of associations too, end invitations cleanly, and note on a pickup who handed over."""

from alembic import op

revision = "2026_11_29_1355"
down_revision = "2026_11_29_1310"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        alter table app.members
            alter column shop_id drop not null,
            add column association_id uuid
                constraint members_association_id_fkey references app.associations on delete cascade,
            add constraint members_workplace_check check (num_nonnulls(shop_id, association_id) = 1),
            -- What an invitation held goes when it is accepted: from then on the account has the address.
            drop constraint members_invited_check,
            add constraint members_invited_check check (case
                when account_id is null then num_nulls(lookup, sealed, token_hash, ends_at) = 0 and role <> 'owner'
                else num_nonnulls(lookup, sealed, token_hash, ends_at) = 0 end);
        create unique index members_association_id_account_id_key on app.members (association_id, account_id);
        create unique index members_association_id_lookup_key on app.members (association_id, lookup);

        insert into app.members (association_id, account_id, role, created_at, joined_at)
        select s.id, s.id, 'owner', s.created_at, s.created_at from app.associations s where s.status <> 'closed';

        -- The person at the counter. Without a foreign key, because accounts are never deleted.
        alter table app.reservations add column handed_over_by uuid;

        update app.retention_periods
        set reason = 'Invitations à rejoindre un commerce ou une association que personne n''a acceptées ; '
                     'l''adresse y est chiffrée.'
        where what = 'invitations';
    """)
