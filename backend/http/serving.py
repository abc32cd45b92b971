"""Serve an app with uvicorn: one configuration for the product, its tests, the stand-ins and the benchmarks."""

import uvicorn
from starlette.types import ASGIApp

from backend.http.single_write import OneWrite

DRAIN_SECONDS = 10
START_FAILED = 3  # uvicorn's own exit status


def server(
    app: ASGIApp,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    drain_seconds: int = DRAIN_SECONDS,
    keep_alive_seconds: int = 5,
    log_level: str | None = None,
) -> uvicorn.Server:
    """Return a server for an app. Its `run` may get listening sockets, and then ignores host and port.

    drain_seconds: how long running requests may take to finish at shutdown. keep_alive_seconds: how long an idle
    connection stays open. log_level: of uvicorn's own loggers, in the whole process; None leaves them as they are.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http=OneWrite,
            ws="none",
            lifespan="on",
            log_config=None,
            log_level=log_level,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # ECOPANIER_TRUSTED_PROXIES decides
            timeout_keep_alive=keep_alive_seconds,
            timeout_graceful_shutdown=drain_seconds,
        )
    )


def serve(app: ASGIApp, host: str, port: int) -> None:
    """Serve an app until SIGINT or SIGTERM. Exits with status 3 if the app or its port could not be opened."""
    served = server(app, host=host, port=port)
    try:
        served.run()
    except KeyboardInterrupt:
        pass  # uvicorn raises a SIGINT again once it has shut down
    if not served.started:
        raise SystemExit(START_FAILED)
