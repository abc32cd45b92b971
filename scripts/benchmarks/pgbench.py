"""Run the same statements with pgbench, that is without HTTP and Python."""

import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from scripts.embedded_postgres import binaries

# The same arguments as over HTTP: the caller, the lot, a key of 16 characters, a fingerprint, a pass's code.
RESERVE = r"""
\set account random(1, :accounts)
\set lot random(1, :lots)
\set key random(1152921504606846976, 9223372036854775807)
\set code random(0, 1099511627775)
select * from app.reserve(public.numbered('account', :account), public.numbered('lot', :lot), 1, to_hex(:key::bigint),
    '\x5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a', public.code(:code));
"""

# Millionths of degrees.
SEARCH = r"""
\set latitude random(:south, :north) / 1000000.0
\set longitude random(:west, :east) / 1000000.0
select * from app.lots_near(null, :latitude, :longitude, 5000, null, null, null, null, null, null, null, -1,
    '00000000-0000-0000-0000-000000000000', 20);
"""

# Each client hands over its own range of reservations, one after the other.
HAND_OVER = r"""
\set number :first + :client_id * :each + :done
\set done :done + 1
select * from app.{act}(public.numbered('account', 0), public.code(:number), true);
"""


class PgbenchFailed(Exception):
    """Raised when pgbench failed. The message says why."""


def per_second(
    url: str,
    script: str,
    *,
    clients: int,
    seconds: int = 0,
    each: int = 0,
    variables: Mapping[str, int] | None = None,
) -> float:
    """Run a script for some seconds, or `each` times per client, and return the transactions per second.

    Raises PgbenchFailed, even if only one statement was refused.
    """
    amount = ["--time", str(seconds)] if seconds else ["--transactions", str(each)]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "script.sql")
        file.write_text(script)
        command = [str(binaries() / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--client={clients}"]
        command += [f"--jobs={min(2, clients)}", *amount, "--file", str(file)]
        command += [word for name, value in (variables or {}).items() for word in ("-D", f"{name}={value}")]
        # The settings of the API's connections.
        environment = {**os.environ, "PGOPTIONS": "-c timezone=UTC -c jit=off"}
        done = subprocess.run([*command, url], capture_output=True, text=True, check=False, env=environment)
    found = re.search(r"^tps = ([0-9.]+)", done.stdout, re.MULTILINE)
    if done.returncode != 0 or found is None:
        raise PgbenchFailed(f"{done.stdout[-500:]}{done.stderr[-2000:]}")
    return float(found[1])
