"""Add members of shops: several people work for one shop, each signs in as themselves, and its owner may change."""

from alembic import op

revision = "2026_11_29_1210"
down_revision = "2026_11_29_1061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.members (
            id uuid not null default app.uuid7() constraint members_pkey primary key,
            shop_id uuid not null constraint members_shop_id_fkey references app.shops on delete cascade,
            -- null while the invitation is open.
            account_id uuid constraint members_account_id_fkey references app.accounts on delete cascade,
            role text not null constraint members_role_check check (role in ('owner', 'staff', 'reader')),
            -- The invited address, sealed, and its keyed hash. null for who registered the shop.
            lookup bytea constraint members_lookup_check check (octet_length(lookup) = 32),
            sealed bytea constraint members_sealed_check check (octet_length(sealed) between 32 and 512),
            token_hash bytea constraint members_token_hash_key unique
                constraint members_token_hash_check check (octet_length(token_hash) = 32),
            -- Until when the token is accepted.
            ends_at timestamptz,
            invited_by uuid constraint members_invited_by_fkey references app.accounts on delete set null,
            created_at timestamptz not null default now(),
            joined_at timestamptz,
            constraint members_joined_check check ((account_id is null) = (joined_at is null)),
            constraint members_invited_check check (
                account_id is not null or num_nulls(lookup, sealed, token_hash, ends_at) = 0 and role <> 'owner')
        );
        create unique index members_shop_id_account_id_key on app.members (shop_id, account_id);
        create unique index members_shop_id_lookup_key on app.members (shop_id, lookup);
        create index members_account_id_idx on app.members (account_id);
        create index members_invited_by_idx on app.members (invited_by);
        create index members_ends_at_idx on app.members (ends_at) where account_id is null;

        insert into app.members (shop_id, account_id, role, created_at, joined_at)
        select s.id, s.owner_id, 'owner', s.created_at, s.created_at from app.shops s where s.status <> 'closed';

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('invitations', '1 day', 'fin de l''invitation',
             'Invitations à rejoindre un commerce que personne n''a acceptées ; l''adresse y est chiffrée.');
    """)
