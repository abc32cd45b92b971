"""The command line of `scripts/prove`."""

import asyncio
import random
import signal
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.proofs.catalogue import PROOFS
from scripts.proofs.figures import Outcome
from scripts.proofs.house import House

SHORT_MINUTES = 0.25
COLUMNS = (
    *("proof", "seconds", "kills", "requests", "cut off", "acknowledged"),
    *("paid", "left open", "closed after", "violations"),
)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def prove(
    names: Annotated[
        list[str] | None, typer.Argument(help=f"The proofs to run: {', '.join(PROOFS)}. By default all of them.")
    ] = None,
    minutes: Annotated[float, typer.Option(help="How long each storm lasts.")] = SHORT_MINUTES,
    seed: Annotated[int | None, typer.Option(help="Seed of all random choices.")] = None,
) -> None:
    """Kill and disturb real processes, and check that the guarantees hold.

    Exits with 1 if one was violated, with 2 if one could not be tried on this machine.
    """
    chosen = names or list(PROOFS)
    if unknown := [name for name in chosen if name not in PROOFS]:
        sys.exit(f"Unknown proof: {', '.join(unknown)}. The proofs are {', '.join(PROOFS)}.")
    seed = random.SystemRandom().randrange(10**6) if seed is None else seed
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"{len(chosen)} proofs of {minutes:g} min each, seed {seed} (timing still varies between runs).")
    # The path must be short, because it contains Postgres' socket.
    with tempfile.TemporaryDirectory(prefix="ecopanier-") as folder:
        Path(folder).chmod(0o755)
        outcomes = asyncio.run(_run(Path(folder), chosen, minutes * 60, seed))
    Console(width=None if sys.stdout.isatty() else 140, highlight=False, markup=False).print(table(outcomes))
    if any(outcome.violations for outcome in outcomes):
        sys.exit(1)
    if any(outcome.not_tried for outcome in outcomes):
        sys.exit(2)


async def _run(folder: Path, chosen: list[str], seconds: float, seed: int) -> list[Outcome]:
    outcomes = []
    async with AsyncExitStack() as until_end:
        house = None
        if any(PROOFS[name].trial for name in chosen):
            house = await until_end.enter_async_context(House.built(folder))
        for name in chosen:
            print(f"\n{name}: {PROOFS[name].claim}", flush=True)
            outcome = await PROOFS[name].runs(house, seconds, hurried=False, seed=seed)
            outcomes.append(outcome)
            for line in told(outcome):
                print(f"  {line}", flush=True)
    return outcomes


def told(outcome: Outcome) -> list[str]:
    """Return an outcome as lines for a person to read."""
    lines = [", ".join(f"{count} {what}" for what, count in sorted(outcome.figures.items()) if count)]
    if outcome.answers:
        lines.append("answers: " + ", ".join(f"{count} x {code}" for code, count in outcome.answers.most_common()))
    if outcome.closed_after:
        lines.append(f"everything left open by the storm was closed {outcome.closed_after:.1f} s later")
    if outcome.not_tried:
        lines.append(f"NOT TRIED: {outcome.not_tried}")
    if outcome.control:
        lines.append(f"control: {outcome.control}")
    shown, more = outcome.violations[:20], len(outcome.violations) - 20
    lines += [f"VIOLATION: {violation}" for violation in shown]
    if more > 0:
        lines.append(f"… and {more} more")
    return lines


def table(outcomes: list[Outcome]) -> Table:
    """Return all outcomes as a table."""
    made = Table(*COLUMNS, box=None, pad_edge=False)
    for outcome in outcomes:
        figures = outcome.figures
        killed = sum(count for what, count in figures.items() if what.startswith("kills of"))
        made.add_row(
            outcome.name,
            f"{outcome.seconds:.0f}",
            str(killed),
            str(figures["requests"]),
            str(figures["requests cut off"]),
            str(figures["reservations acknowledged"] or figures["handovers"]),
            str(figures["payments"]),
            str(figures["left open by the storm"]),
            f"{outcome.closed_after:.1f} s" if outcome.closed_after else "",
            "not tried" if outcome.not_tried else str(len(outcome.violations)),
        )
    return made


if __name__ == "__main__":
    app()
