"""Load the map into the database: `ecopanier migrate` does it, and `ecopanier places load` by itself."""

import psycopg

from backend.territories.map import OnTheMap, edition, territories


def load_territories(owner_url: str) -> int | None:
    """Bring the territories of a database up to date. Returns their number; None if they are already.

    Territories that are no longer on the map stay, because figures were published about them. Zones are left alone.
    Raises psycopg.Error.
    """
    with psycopg.connect(owner_url) as connection:
        connection.execute("set local role ecopanier_owner")
        # Concurrent loads run one after the other. The comment says which data are loaded, in dumps too.
        connection.execute("select pg_advisory_xact_lock(hashtext('ecopanier territories'))")
        loaded = connection.execute("select obj_description('app.territories'::regclass)").fetchone()
        if loaded == (edition(),):
            return None
        found = territories()
        connection.execute(STORE, {name: column for name, column in zip(COLUMNS, columns(found), strict=True)})
        connection.execute("delete from app.territory_names")
        connection.execute(
            "insert into app.territory_names (key, code, begins, population)"
            " select * from unnest(%s::text[], %s::text[], %s::bool[], %s::int[])",
            [list(column) for column in zip(*names(found), strict=True)],
        )
        connection.execute(f"comment on table app.territories is '{edition()}'")  # hexadecimal digits
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("set role ecopanier_owner")
        connection.execute("vacuum analyze app.territories, app.territory_names")
    return len(found)


COLUMNS = ("code", "kind", "name", "population", "region", "department", "epci", "commune", "latitude", "longitude")
STORE = """
    insert into app.territories as t
        (code, kind, name, population, region, department, epci, commune, latitude, longitude)
    select * from unnest(
        %(code)s::text[], %(kind)s::text[], %(name)s::text[], %(population)s::int[], %(region)s::text[],
        %(department)s::text[], %(epci)s::text[], %(commune)s::text[], %(latitude)s::float8[], %(longitude)s::float8[])
    on conflict (code) do update
    set name = excluded.name, population = excluded.population, region = excluded.region,
        department = excluded.department, epci = excluded.epci, commune = excluded.commune,
        latitude = excluded.latitude, longitude = excluded.longitude
    where (t.name, t.population, t.region, t.department, t.epci, t.commune, t.latitude, t.longitude)
          is distinct from (excluded.name, excluded.population, excluded.region, excluded.department, excluded.epci,
                            excluded.commune, excluded.latitude, excluded.longitude)
"""


def columns(found: list[OnTheMap]) -> list[list[str | int | float | None]]:
    """Return the values of the columns of `app.territories`, one list for each."""
    rows = [
        (
            *(one.code, one.kind, one.name, one.population, one.region, one.department, one.epci, one.commune),
            *(one.centre or (None, None)),
        )
        for one in found
    ]
    return [list(column) for column in zip(*rows, strict=True)]


def names(found: list[OnTheMap]) -> list[tuple[str, str, bool, int]]:
    """Return the rows of `app.territory_names` in the order of keys, so that one beginning lies side by side."""
    return sorted((key, one.code, begins, one.population) for one in found for key, begins in one.keys)
