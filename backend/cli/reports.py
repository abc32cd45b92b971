"""Commands that report: the declaration of sellers, and drafts."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from backend.cli.common import as_owner, needed, wide_console
from backend.settings import settings


def declare_sellers(
    year: Annotated[int, typer.Argument(min=2026, max=2099, help="The year that is over.")],
    output: Annotated[Path, typer.Argument(help="The file to write: XML, compressed with gzip if it ends in .gz.")],
) -> None:
    """Write the declaration of a year's sellers to the tax administration (DAC7), for the platform's accountant.

    It is made from the yearly copies that the worker issued for the sellers in January.
    """
    import gzip

    from backend.documents.contents import YearContents
    from backend.documents.dac7 import declaration

    owner_url = needed(settings().owner_database_url, "ECOPANIER_OWNER_DATABASE_URL")
    with as_owner(owner_url, "Nothing was written") as connection:
        rows = connection.execute(
            "select contents::text from accounting.documents"
            " where kind = 'year' and (contents ->> 'year')::int = %s order by id",
            [year],
        ).fetchall()
    if not rows:
        raise SystemExit(
            f"Nothing was written: no seller has to be declared for {year}, or the worker has not run since."
        )
    written = declaration([YearContents.model_validate_json(row[0]) for row in rows], datetime.now(UTC))
    output.write_bytes(gzip.compress(written, mtime=0) if output.suffix == ".gz" else written)
    sys.stdout.write(f"{output}: {len(rows)} shops declared for {year}. Encrypt it before you send it (Télé-TD).\n")


def report_on_drafts(
    days: Annotated[int, typer.Option(min=1, max=3650, help="How many days to look back.")] = 30,
) -> None:
    """Print how often merchants corrected each drafted field, and how long it took them to publish."""
    import psycopg
    from psycopg.rows import dict_row

    worker_url = needed(settings().worker_database_url, "ECOPANIER_WORKER_DATABASE_URL")
    with psycopg.connect(worker_url, row_factory=dict_row) as connection:
        report = connection.execute("select * from app.draft_report(%s)", [days]).fetchone()
    assert report is not None  # noqa: S101  this function always returns a row
    console = wide_console()
    console.print(f"{report['drafts']} drafts in {days} days, {report['published']} of them published.")
    if not report["published"]:
        return
    console.print(f"Median time from photo to publication: {_duration(report['median_seconds'])}.")
    table = Table("field", "drafted", "corrected", "share", "left empty, then filled in")
    for field in report["fields"]:
        share = f"{field['changed'] / field['drafted']:.0%}" if field["drafted"] else ""
        table.add_row(field["field"], str(field["drafted"]), str(field["changed"]), share, str(field["filled"]))
    console.print(table)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
