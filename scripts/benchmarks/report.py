"""Print the table of figures and the machine that they were measured on."""

import json
import os
import platform
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import psutil
from rich.console import Console
from rich.table import Table

from scripts.benchmarks import http_load
from scripts.benchmarks.figures import Figure
from scripts.benchmarks.ground import CLIENTS, SERVER, Amounts

SYNCS = 50
PIECES = 20


def show(figures: Sequence[Figure], amounts: Amounts, folder: Path, seconds: float) -> None:
    """Print the table and the facts."""
    console = table(figures)
    for line in facts(amounts, folder):
        console.print(line, style="dim")
    console.print(f"took {seconds:.0f} s", style="dim")


def table(figures: Sequence[Figure]) -> Console:
    """Print the table and return the console that it stands on."""
    rows = Table("figure", "target", "measured", "", "in numbers", box=None, pad_edge=False)
    for figure in figures:
        verdict = target = ""
        if figure.target is not None:
            verdict = "[green]ok" if figure.reached else "[red]missed"
            target = f"{'≤' if figure.at_most else '≥'} {figure.target:g}{figure.unit}"
        rows.add_row(figure.name, target, f"{figure.measured:.2f}{figure.unit}", verdict, figure.detail)
    console = Console(width=None if os.isatty(1) else 180, highlight=False)
    console.print(rows)
    console.print()
    return console


def facts(amounts: Amounts, folder: Path) -> list[str]:
    """Return lines about everything that the figures depend on."""
    memory = psutil.virtual_memory().total / 2**30
    busy = psutil.getloadavg()[1]
    return [
        f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; a synced write of 8 KiB takes {_sync(folder) * 1e6:.0f} µs; "
        f"load of the last 5 minutes {busy:.1f}",
        f"a fixed piece of Python work takes {_work() * 1e3:.0f} ms on each core while all work: compare figures in ms "
        "between machines by it",
        f"Postgres 18 (embedded), fsync on, row-level security on, {', '.join(f'{k}={v}' for k, v in SERVER.items())}",
        f"one API process (ecopanier serve, limits off), {CLIENTS} clients; pgbench -M prepared -j 2",
        f"timed load comes from {http_load.client()}",
        f"{amounts.rounds} interleaved rounds of {amounts.seconds} s each; ratios are medians over the rounds",
    ]


def _work() -> float:
    """Return the seconds that a core takes for a piece of Python work while all others do the same."""
    cores = os.cpu_count() or 1
    # Not forked: the collector would walk through everything that this process holds.
    with ProcessPoolExecutor(cores, get_context("spawn")) as workers:
        return statistics.median(workers.map(_piece, range(cores * PIECES)))


def _piece(_: int) -> float:
    began = time.perf_counter()
    facts = {str(number): [number, {"of": str(number)}] for number in range(20_000)}
    assert json.loads(json.dumps(facts)) == facts
    return time.perf_counter() - began


def _sync(folder: Path) -> float:
    """Return the seconds of one synced write, which every commit waits for."""
    file = os.open(folder / "sync", os.O_CREAT | os.O_WRONLY, 0o600)
    took = []
    for _ in range(SYNCS):
        began = time.perf_counter()
        os.pwrite(file, b"x" * 8192, 0)
        os.fsync(file)
        took.append(time.perf_counter() - began)
    os.close(file)
    return statistics.median(took)
