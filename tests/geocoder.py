"""A geocoder of the Géoplateforme's form on this machine: `GET /geocodage/search?q=…&limit=…` over real HTTP."""

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

ZURICH = "12 Rue de Zurich 67000 Strasbourg"


def feature(
    label: str = ZURICH,
    score: Any = 0.97,
    latitude: Any = 48.5791,
    longitude: Any = 7.7571,
    citycode: str = "67482",
    kind: str = "housenumber",
) -> dict[str, Any]:
    """Return a feature as the Géoplateforme writes it: by default, 12 rue de Zurich in Strasbourg."""
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
        "properties": {
            "label": label,
            "score": score,
            "housenumber": "12",
            "id": f"{citycode}_6920_00012",
            "banId": "86f4af9f-8c6e-4a59-8c3c-b0a4ab8c14e7",
            "name": "12 Rue de Zurich",
            "postcode": "67000",
            "citycode": citycode,
            "x": 1050862.1,
            "y": 6840845.33,
            "city": "Strasbourg",
            "context": "67, Bas-Rhin, Grand Est",
            "type": kind,
            "importance": 0.71,
            "street": "Rue de Zurich",
            "_type": "address",
        },
    }


def collection(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features), "query": "…"}).encode()


class GeocoderServer:
    """`async with GeocoderServer() as geocoder`: answers with its status, headers and body, and records questions.

    hangs: it begins an answer that it never ends.
    """

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.status = 200
        self.body = collection(feature())
        self.headers: dict[str, str] = {}
        self.before_answering: Callable[[], Any] | None = None
        self.hangs = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/geocodage"
        self._ends = asyncio.Event()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            target = urlsplit(head.split(" ", 2)[1])
            self.asked.append({name: values[0] for name, values in parse_qs(target.query).items()})
            if self.before_answering is not None:
                await self.before_answering()
            if self.hangs:
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")
                await writer.drain()
                await self._ends.wait()
                return
            status, body = (self.status, self.body) if target.path == "/geocodage/search" else (404, b"")
            lines = {"Content-Type": "application/json", "Content-Length": str(len(body)), **self.headers}
            answer = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
            writer.write(f"HTTP/1.1 {status} X\r\n{answer}Connection: close\r\n\r\n".encode() + body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client hung up first
        finally:
            writer.close()
