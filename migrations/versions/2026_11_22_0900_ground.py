"""Add the functions that tables depend on: ids that sort by time, places on a flat map, numbers of categories.

Defaults and generated columns use them, so they are made here and not in policies/, which is dropped and made anew
at each migration.
"""

from alembic import op

revision = "2026_11_22_0900"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        -- UUID version 7: a v4 whose first 48 bits are the milliseconds since 1970 (RFC 9562, 5.7).
        create function app.uuid7() returns uuid language sql volatile parallel safe as $$
            select encode(
                set_bit(set_bit(
                    overlay(uuid_send(gen_random_uuid())
                        placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
                        from 1 for 6),
                    52, 1), 53, 1), 'hex')::uuid
        $$;

        -- Degrees to metres on the spherical Mercator map (EPSG:3857). Lengths are too long by 1/cos(latitude).
        create function app.mercator(latitude float8, longitude float8) returns point
        language sql immutable parallel safe strict as $$
            select point(6378137 * radians(longitude), 6378137 * ln(tan(pi() / 4 + radians(latitude) / 2)))
        $$;

        -- The numbers place each category on a shelf of its own in an index: never renumber, only append.
        create function app.category_number(category text) returns int
        language sql immutable parallel safe strict as $$
            select array_position(array[
                'fruits_vegetables', 'bakery', 'pastry', 'butcher', 'delicatessen', 'fish', 'dairy', 'cheese',
                'grocery', 'prepared_meals', 'caterer', 'drinks', 'desserts', 'frozen', 'canned', 'organic',
                'other'], category)
        $$;

        -- Reduces text to the letters that a search compares, so that "pate" finds "pâté".
        create function app.without_accents(words text) returns text
        language sql immutable parallel safe strict as $$
            select translate(lower(words), 'àâäáãåçéèêëíìîïñóòôöõúùûüýÿ', 'aaaaaaceeeeiiiinooooouuuuyy')
        $$;

        -- Returns where a lot lies in an index that core GiST can search by distance: free lots 10⁹ m north of the
        -- discounted ones and, if `shelf` is not 0, each category 10⁹ m further east. No circle reaches two of them.
        create function app.on_shelf(place point, kind text, shelf int) returns point
        language sql immutable parallel safe strict as $$
            select point(place[0] + 1e9 * shelf, place[1] + case kind when 'free' then 1e9 else 0 end)
        $$;

        -- `ecopanier migrate` does not drop functions with this comment.
        comment on function app.uuid7() is 'ground';
        comment on function app.mercator(float8, float8) is 'ground';
        comment on function app.category_number(text) is 'ground';
        comment on function app.without_accents(text) is 'ground';
        comment on function app.on_shelf(point, text, int) is 'ground';
        grant execute on function app.uuid7(), app.mercator(float8, float8), app.category_number(text),
            app.without_accents(text), app.on_shelf(point, text, int) to anon, authenticated, ecopanier_worker;
    """)
