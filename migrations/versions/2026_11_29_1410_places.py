"""Keep the communes of France and the keys that find them, so that people search by a name or a postcode.

`ecopanier migrate` fills the tables afterwards, and so does `ecopanier places load`.
"""

from alembic import op

revision = "2026_11_29_1410"
down_revision = "2026_11_29_1330"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        set local lock_timeout = '10s';

        create table app.places (
            insee_code text not null constraint places_pkey primary key
                constraint places_insee_code_check check (insee_code ~ '^[0-9][0-9AB][0-9]{3}$'),
            name text not null,
            postcodes text[] not null,
            department text not null,
            population int not null,
            latitude float8,
            longitude float8,
            constraint places_point_check check ((latitude is null) = (longitude is null))
        );

        -- Without a foreign key: both tables are replaced together, and its index would be larger than the places.
        create table app.place_names (
            key text collate "C" not null constraint place_names_key_check check (key ~ '^[a-z0-9 ]+$'),
            insee_code text not null,
            begins boolean not null,
            population int not null,
            area text not null,
            constraint place_names_pkey primary key (key, insee_code)
        );
    """)
