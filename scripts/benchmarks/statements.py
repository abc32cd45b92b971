"""Count the statements of a hot request in the log of Postgres, which logs every statement of the API's login."""

import re

from scripts.benchmarks import http_load
from scripts.benchmarks.figures import Figure
from scripts.benchmarks.ground import Ground
from scripts.databases import API_LOGIN

REQUESTS = 50
# The log says "statement" in the simple protocol and "execute" in the extended one, for BEGIN and COMMIT as well.
SENT = re.compile(rb"^\S+ \S+ \S+ \[\d+\] LOG:  (?:statement|execute [^:]*): (.*)", re.MULTILINE)


def statements(ground: Ground) -> list[Figure]:
    """Measure the statements per reservation and per search."""
    requests = {
        "reservation": (http_load.reservations(ground.tokens, REQUESTS, ground.amounts.lots), 201),
        "search": (http_load.searches()[:REQUESTS], 200),
    }
    with ground.connected(ground.town) as connection:
        connection.execute(f"alter role {API_LOGIN} set log_statement = 'all'".encode())
    api = ground.served("api-anew", {})  # a new process, so that its connections get the changed setting
    counted: dict[str, float] = {}
    for name, (sent, expected) in requests.items():
        http_load.send_each(
            api.port, sent, clients=4, expected=expected
        )  # warm up: opens connections and prepares statements
        before = ground.server.log.stat().st_size
        http_load.send_each(api.port, sent, clients=4, expected=expected)
        with ground.server.log.open("rb") as log:
            log.seek(before)
            counted[name] = len(SENT.findall(log.read())) / REQUESTS
    with ground.connected(ground.town) as connection:
        connection.execute(f"alter role {API_LOGIN} reset log_statement".encode())
    detail = ", ".join(f"{count:g} per {name}" for name, count in counted.items())
    return [Figure("statements per hot request", 1, max(counted.values()), detail, at_most=True)]
