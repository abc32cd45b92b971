"""Load the communes into the database: `ecopanier migrate` does it, and `ecopanier places load` by itself."""

import psycopg

from backend.places.communes import communes, edition
from backend.places.names import area_of, keys_of


def load_places(owner_url: str) -> int | None:
    """Replace the places of a database that has others or none. Returns their number; None if it has these already.

    Searches see the former places until it is done. Raises psycopg.Error.
    """
    with psycopg.connect(owner_url) as connection:
        connection.execute("set local role ecopanier_owner")
        # Concurrent loads run one after the other. The comment says which data are loaded, in dumps too.
        connection.execute("select pg_advisory_xact_lock(hashtext('ecopanier places'))")
        loaded = connection.execute("select obj_description('app.places'::regclass)").fetchone()
        if loaded == (edition(),):
            return None
        found = communes()
        connection.execute("delete from app.place_names")
        connection.execute("delete from app.places")
        connection.execute(
            "insert into app.places (insee_code, name, postcodes, department, population, latitude, longitude)"
            " select code, name, string_to_array(postcodes, ' '), department, population, latitude, longitude"
            " from unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::int[], %s::float8[], %s::float8[])"
            " as t (code, name, postcodes, department, population, latitude, longitude)",
            [
                [one.insee_code for one in found],
                [one.name for one in found],
                [" ".join(one.postcodes) for one in found],
                [one.department for one in found],
                [one.population for one in found],
                [one.centre and one.centre[0] for one in found],
                [one.centre and one.centre[1] for one in found],
            ],
        )
        # In the order of the keys, so that the names with one beginning lie side by side.
        names = sorted(
            (key, one.insee_code, begins, one.population, area_of(one))
            for one in found
            for key, begins in keys_of(one).items()
        )
        connection.execute(
            "insert into app.place_names (key, insee_code, begins, population, area)"
            " select * from unnest(%s::text[], %s::text[], %s::bool[], %s::int[], %s::text[])",
            [list(column) for column in zip(*names, strict=True)],
        )
        connection.execute(f"comment on table app.places is '{edition()}'")  # hexadecimal digits
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("set role ecopanier_owner")
        connection.execute("vacuum analyze app.places, app.place_names")
    return len(found)
