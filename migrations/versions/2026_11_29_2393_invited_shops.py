"""Add shops that are invited by others: what became of each invitation, and addresses that want none."""

from alembic import op

revision = "2026_11_29_2393"
down_revision = "2026_11_29_2396"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        -- An invitation of a shop by another, to an address or as a link to hand over. What tells who was invited goes
        -- after a while (prune); then the row only counts.
        create table app.shop_invitations (
            id uuid not null default app.uuid7() constraint shop_invitations_pkey primary key,
            shop_id uuid not null constraint shop_invitations_shop_id_fkey references app.shops on delete cascade,
            invited_by uuid constraint shop_invitations_invited_by_fkey references app.accounts on delete set null,
            -- Of an invitation by mail: the keyed hash of the address, and sealed address and token.
            lookup bytea,
            sealed bytea,
            token_hash bytea constraint shop_invitations_token_hash_key unique,
            created_at timestamptz not null,
            ends_at timestamptz not null,
            mailed_at timestamptz,
            opened_at timestamptz,
            refused_at timestamptz,
            -- Who registered with it, and whether they agreed that the inviting shop is told their shop's name.
            account_id uuid constraint shop_invitations_account_id_fkey references app.accounts on delete set null,
            named boolean not null default false,
            registered_at timestamptz,
            invited_shop_id uuid constraint shop_invitations_invited_shop_id_fkey references app.shops
                on delete set null,
            verified_at timestamptz,
            first_lot_at timestamptz
        );
        create index shop_invitations_shop_id_idx on app.shop_invitations (shop_id, created_at);
        create index shop_invitations_invited_by_idx on app.shop_invitations (invited_by) where invited_by is not null;
        create index shop_invitations_lookup_idx on app.shop_invitations (lookup) where lookup is not null;
        create index shop_invitations_account_id_idx on app.shop_invitations (account_id) where account_id is not null;
        create index shop_invitations_invited_shop_id_idx on app.shop_invitations (invited_shop_id)
            where invited_shop_id is not null;
        create index shop_invitations_created_at_idx on app.shop_invitations (created_at);
        create index shop_invitations_ends_at_idx on app.shop_invitations (ends_at) where token_hash is not null;

        -- Keyed hashes of addresses that no shop may invite again.
        create table app.refused_invitations (
            lookup bytea not null constraint refused_invitations_pkey primary key,
            at timestamptz not null
        );
        create index refused_invitations_at_idx on app.refused_invitations (at);

        alter table app.confirmations
            add column invitation bytea,
            add column invitation_named boolean not null default false;

        alter table app.notice_deliveries
            drop constraint notice_deliveries_mail_check,
            add constraint notice_deliveries_mail_check check (mail in (
                'registration', 'invitation', 'reset_password', 'email_change', 'email_changed', 'shop_invitation'));

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('refused_invitations', '3 years', 'refus',
             'Empreintes d''adresses qui ne veulent plus d''invitation : une opposition se respecte trois ans.'),
            ('shop_invitations', '90 days', 'invitation',
             'Commerces invités par d''autres : l''adresse, chiffrée, et le lien disparaissent ; reste un décompte.');
    """)
