"""Print the plans of the search among few and many lots, which show that the index is read in order of distance.

auto_explain would show plans inside a function, but the embedded Postgres does not have it. So the statements are
extracted from the function's source, and its variables become parameters.
"""

import re

from rich.console import Console

from scripts.benchmarks.ground import Ground
from scripts.benchmarks.world import EAST, NORTH, RARE_CATEGORY, SOUTH, WEST

# The statement of all categories and that of one. The composed statement has parameters, so that it does not match.
STATEMENT = re.compile(r"(select array_agg\(app\.lot_shown[^$]*?)into found, found_ids, found_metres\s+(from [^$;]*);")
VARIABLES = {
    "centre": "point",
    "radius_m": "float8",
    "scale": "float8",
    "moment": "timestamptz",
    "after_distance": "float8",
    "after_id": "uuid",
    "page_size": "int",
}


def show(ground: Ground) -> None:
    """Print each plan with its actual figures (`explain analyze`)."""
    console = Console(highlight=False, soft_wrap=True)
    latitude, longitude = (SOUTH + NORTH) / 2, (WEST + EAST) / 2
    for lots in (ground.amounts.few_lots, ground.amounts.many_lots):
        with ground.connected(ground.market(lots)) as connection:
            found = connection.execute("select prosrc from pg_proc where oid = 'app.lots_near'::regproc").fetchone()
            assert found is not None
            connection.execute("set role ecopanier_owner")
            connection.execute("set plan_cache_mode = force_generic_plan")
            connection.execute("set enable_sort = off")
            connection.execute("set jit = off")
            for parts, category in zip(STATEMENT.findall(str(found[0])), (None, RARE_CATEGORY), strict=True):
                statement = "".join(parts)
                for number, name in enumerate(VARIABLES, 1):
                    statement = re.sub(rf"(?<![.\w]){name}\b", f"${number}", statement)
                connection.execute(f"prepare search ({', '.join(VARIABLES.values())}) as {statement}".encode())
                shelf = f"app.category_number('{category}')" if category else "0"
                centre = f"app.on_shelf(app.mercator({latitude}, {longitude}), 'discounted', {shelf})"
                values = (
                    f"{centre}, 30000, cos(radians({latitude})), now(), -1, '00000000-0000-0000-0000-000000000000', 20"
                )
                console.print(f"\n{lots} lots, {category or 'any category'}, 30 km", style="bold")
                plan = connection.execute(f"explain (analyze, buffers) execute search ({values})".encode())
                for (line,) in plan:
                    console.print(str(line), markup=False)
                connection.execute("deallocate search")
