"""Add people's favourite shops and saved places, so that they need not search for the same shops and places again."""

from alembic import op

revision = "2026_11_29_1450"
down_revision = "2026_11_29_1430"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.favourites (
            id uuid constraint favourites_pkey primary key default app.uuid7(),
            account_id uuid not null constraint favourites_account_id_fkey references app.accounts,
            shop_id uuid not null constraint favourites_shop_id_fkey references app.shops,
            created_at timestamptz not null default now()
        );
        create unique index favourites_once_key on app.favourites (account_id, shop_id);
        create index favourites_account_id_idx on app.favourites (account_id, id);
        create index favourites_shop_id_idx on app.favourites (shop_id);

        create table app.saved_places (
            id uuid constraint saved_places_pkey primary key default app.uuid7(),
            account_id uuid not null constraint saved_places_account_id_fkey references app.accounts,
            -- With the unique index below, this is what keeps an account at five places, whatever happens at once.
            slot smallint not null constraint saved_places_slot_check check (slot between 1 and 5),
            name text not null constraint saved_places_name_check check (char_length(name) between 1 and 60),
            latitude double precision not null
                constraint saved_places_latitude_check check (latitude between -85 and 85),
            longitude double precision not null
                constraint saved_places_longitude_check check (longitude between -180 and 180),
            version int not null default 1,
            created_at timestamptz not null default now()
        );
        create unique index saved_places_slot_key on app.saved_places (account_id, slot);

        insert into app.retention_periods (what, keeps, counted_from, reason) values
            ('favourites', null, 'durée du compte',
             'Commerces que la personne veut retrouver ; elle peut les retirer à tout moment.'),
            ('saved_places', null, 'durée du compte',
             'Lieux où la personne cherche des lots, parfois son domicile ; elle peut les supprimer à tout moment.');
    """)
