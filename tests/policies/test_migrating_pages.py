"""The migration that adds public pages: earlier shops are found by their names, earlier associations stay secret."""

import psycopg

from backend.database.migrate import migrate
from tests.policies.test_migrating import execute, migrate_until
from tests.town.databases import Databases


def test_earlier_shops_are_found_and_earlier_associations_secret(databases: Databases) -> None:
    with databases.empty() as copy:
        migrate_until(copy, "2026_11_29_1061")
        execute(
            copy,
            """
            insert into app.accounts (id, role, display_name, email)
            select ('00000000-0000-7000-8000-00000000000' || n)::uuid, role, role, n || '@example.org'
            from (values (1, 'merchant'), (2, 'association')) as x (n, role);
            insert into app.associations (id, name, status)
            values ('00000000-0000-7000-8000-000000000002', 'Le Relais', 'verified');
            insert into app.shops
                (owner_id, name, siret, address, insee_code, latitude, longitude, category, status)
            select '00000000-0000-7000-8000-000000000001', name, '73282932000074', 'x', '67482', 48.58, 7.75, 'bakery',
                   status
            from (values ('L''Étal St-Thomas', 'verified'), ('En attente', 'pending')) as x (name, status);
            """,
        )
        migrate(copy.url())
        with psycopg.connect(copy.url()) as connection:
            keys = connection.execute("select rank, key, insee_code from app.shop_names order by rank, key").fetchall()
            public = connection.execute(
                "select is_public, description, (select count(*) from app.association_names) from app.associations"
            ).fetchall()

    assert keys == [
        (0, "l etal saint thomas", "67482"),
        (1, "etal saint thomas", "67482"),
        (2, "saint thomas", "67482"),
        (2, "thomas", "67482"),
    ]
    assert public == [(False, "", 0)]
