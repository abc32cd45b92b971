"""Commands that run the server and the worker, and describe them."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from pydantic_core import PydanticUndefined
from rich.table import Table

from backend.cli.common import much_to_import, wide_console
from backend.settings import Settings, settings


def serve(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="PORT")] = 8000,
) -> None:
    """Serve the HTTP API and the pages."""
    count = settings().serving_processes  # refuses before anything is opened
    with _shared_by(count) as folder:
        with much_to_import():
            from backend.http import serving
            from backend.http.processes import serve_in_processes
            from backend.http.rate_limits import counters
            from backend.http.routing import prepare_routes
            from backend.main import create_app
            from backend.observability.metrics import forget_process

            served = create_app()
        if folder is None:
            serving.serve(served, host, port)
        else:
            counters.folder = folder
            prepare_routes(served.router)
            serve_in_processes(served, host, port, count, forget_process)


@contextmanager
def _shared_by(processes: int) -> Iterator[Path | None]:
    """Make a folder for what several processes count together, such as rate limits and metrics; None for one alone."""
    if processes == 1:
        yield None
        return
    with TemporaryDirectory(prefix="ecopanier-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        metrics = folder / "metrics"
        metrics.mkdir()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)  # read when prometheus_client is imported
        yield folder


def worker(
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether the worker of this host works; exit status 1 if not.")
    ] = False,
) -> None:
    """Run the background worker: it ends expired holds, settles payments and sends mails."""
    if check:
        from backend.observability.heartbeat import silence

        if (why := silence(settings().data_dir)) is not None:
            raise SystemExit(why)
        return
    with much_to_import():
        from backend import worker as background

    settings()
    background.main()


def list_settings() -> None:
    """List all settings (environment variables) with their defaults."""
    table = Table("setting", "default", "what it does", box=None, pad_edge=False)
    for field in Settings.model_fields.values():
        default = "" if field.default in (None, PydanticUndefined) else str(field.default)
        table.add_row(str(field.validation_alias), default, field.description or "")
    wide_console().print(table)


def openapi(
    output: Annotated[
        Path | None,
        typer.Option(
            help="Write this file instead, in the compact form of docs/openapi.json and without this server's address."
        ),
    ] = None,
) -> None:
    """Print the OpenAPI 3.1 description of the API, as it is served."""
    with much_to_import():
        from backend.http.openapi_document import openapi_document
        from backend.main import create_app

        served = create_app().openapi()
    if output is not None:
        output.write_text(openapi_document(served, settings().public_url))
    else:
        sys.stdout.write(json.dumps(served, ensure_ascii=False, indent=2) + "\n")
