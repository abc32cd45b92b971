"""The command line of `scripts/bench`."""

import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from backend.tours.planning.solver import Effort
from scripts.benchmarks import before as earlier
from scripts.benchmarks import (
    drafts,
    enrolments,
    handovers,
    hot_requests,
    imports,
    ledger,
    memory,
    papers,
    planning,
    plans,
    report,
    scale,
    sheets,
    statements,
    territories,
    tours,
    web,
)
from scripts.benchmarks.figures import Figure
from scripts.benchmarks.ground import MORE_LOTS, Amounts, Ground
from scripts.places import data_folder


class Which(StrEnum):
    """The measurements that can be run alone."""

    RESERVE = "reserve"
    SEARCH = "search"
    CONTESTED = "contested"
    PROCESSES = "processes"
    SCALE = "scale"
    STATEMENTS = "statements"
    HANDOVERS = "handovers"
    COUNTER = "counter"
    TOTALS = "totals"
    MEMORY = "memory"
    DRAFTS = "drafts"
    IMPORTS = "imports"
    ENROLMENTS = "enrolments"
    LEDGER = "ledger"
    PAPERS = "papers"
    SHEETS = "sheets"
    WEB = "web"
    PLANNING = "planning"
    TERRITORIES = "territories"


MEASURES: dict[Which, Callable[[Ground], list[Figure]]] = {
    Which.RESERVE: hot_requests.reserve,
    Which.SEARCH: hot_requests.search,
    Which.CONTESTED: hot_requests.contested,
    Which.PROCESSES: hot_requests.processes,
    Which.SCALE: scale.search_at_scale,
    Which.STATEMENTS: statements.statements,
    Which.HANDOVERS: handovers.handovers,
    Which.COUNTER: handovers.beside_the_ledger,
    Which.TOTALS: handovers.totals,
    Which.MEMORY: memory.memory,
    Which.DRAFTS: drafts.drafts,
    Which.IMPORTS: imports.imports,
    Which.ENROLMENTS: enrolments.enrolments,
    Which.LEDGER: ledger.ledger,
    Which.PAPERS: papers.papers,
    Which.SHEETS: sheets.sheets,
    Which.WEB: web.web,
    Which.PLANNING: planning.planning,
    Which.TERRITORIES: territories.territories,
}


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def main(
    context: typer.Context,
    only: Annotated[list[Which] | None, typer.Option(help="Run only this measurement; may be repeated.")] = None,
    rounds: Annotated[
        int | None, typer.Option(min=1, help="Number of rounds; in each, everything that is compared runs once.")
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Take about a minute: shows that it runs, not how fast.")
    ] = False,
    large: Annotated[
        bool, typer.Option("--large", help="Search among five million lots too, which takes minutes to fill in.")
    ] = False,
    before: Annotated[
        Path | None,
        typer.Option(
            exists=True, file_okay=False, help="A clone at an earlier commit: its reservations are measured too."
        ),
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Print the query plans of the search instead.")] = False,
) -> None:
    """Measure whether EcoPanier reaches its speed targets, as ratios of figures from the same run. Takes minutes."""
    if context.invoked_subcommand is not None:
        return
    began = time.monotonic()
    amounts = Amounts.quick() if quick else Amounts()
    if rounds is not None:
        amounts = replace(amounts, rounds=rounds)
    if large:
        amounts = replace(amounts, more_lots=MORE_LOTS)
    # Not in /tmp, which may be in memory: commits must reach a disk.
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=data_folder()))
    folder.chmod(0o755)
    progress = Console(stderr=True)
    figures: list[Figure] = []
    try:
        with ExitStack() as until_done:
            ground = Ground(folder, amounts, until_done)
            if explain:
                plans.show(ground)
                return
            for which in only or MEASURES:
                progress.print(f"{which} …", style="dim")
                figures += MEASURES[which](ground)
            if before is not None:
                progress.print("before …", style="dim")
                figures += earlier.reserve(ground, before)
        report.show(figures, amounts, folder, time.monotonic() - began)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@app.command("tours", help=f"Plan tours with the product's planner, and check the plans.\n\n{tours.FIELDS}")
def plan_tours(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            exists=True, dir_okay=False, help="Instances; without any, an evening in Strasbourg is planned."
        ),
    ] = None,
    seconds: Annotated[float | None, typer.Option(min=0.5, help="CPU seconds of each: 10, of the evening 18.")] = None,
    seed: Annotated[int, typer.Option(help="Of the solver's chance.")] = 1,
) -> None:
    """Plan instances of a pickup-and-delivery problem, or an evening."""
    if not files:
        report.table(tours.evening_figures(seconds or tours.EVENING_SECONDS, tours.AGAIN_SECONDS))
        return
    wrong = False
    print(f"{'instance':20} {'vehicles':>8} {'distance':>10} {'feasible':>8} {'CPU s':>6}  planner")
    for file in files:
        found = tours.solved(tours.read(file.read_text()), Effort(seconds=seconds or tours.INSTANCE_SECONDS, seed=seed))
        feasible = not found.wrong and not found.unplanned
        wrong = wrong or not feasible
        print(
            f"{file.name:20} {found.vehicles:8} {found.distance:10.2f} {'yes' if feasible else 'NO':>8} "
            f"{found.cpu_seconds:6.1f}  {found.planner}",
            flush=True,
        )
    if wrong:
        raise typer.Exit(1)


if __name__ == "__main__":
    app()
