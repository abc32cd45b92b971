"""A server in the form of RappelConso's feed, which is Opendatasoft's records API 2.1."""

import json
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from backend.settings import settings
from tests.listener import Listener, Received, reply
from tests.town import Town

DATA_SET = "/api/explore/v2.1/catalog/datasets/rappelconso-v2-gtin-espaces/records"
GTIN, AS_KEPT = "3017620422003", "03017620422003"
OTHER, OTHER_AS_KEPT = "4006381333931", "04006381333931"


def a_record(number: str, *products: tuple[str, ...], **fields: Any) -> dict[str, Any]:
    """Return a record as the feed has it. products: trade number, batch, kind of date, first and last date of each."""
    identification: list[str] = []
    for product in products or ((GTIN, "l1", "date limite de consommation"),):
        first, *others = (*product, *[""] * (5 - len(product)))
        identification += [f"|{first}" if identification else first, *others]
    return {
        "id": 21381,
        "rappel_guid": "59671e743032024fdf5f4cadc6865df1a8371a0c",
        "numero_fiche": number,
        "numero_version": 1,
        "nature_juridique_rappel": "volontaire (sans arrêté préfectoral)",
        "categorie_produit": "alimentation",
        "sous_categorie_produit": "produits sucrés",
        "marque_produit": "les noisettes",
        "modeles_ou_references": "pâte à tartiner 400 g",
        "identification_produits": identification,
        "conditionnements": "pot en verre",
        "date_debut_commercialisation": "2026-11-01",
        "date_date_fin_commercialisation": "2026-11-20",
        "motif_rappel": "présence de listeria monocytogenes",
        "risques_encourus": "listeria monocytogenes (agent responsable de la listériose)",
        "conduites_a_tenir_par_le_consommateur": "ne plus consommer|rapporter le produit au point de vente",
        "lien_vers_la_fiche_rappel": "https://rappel.conso.gouv.fr/fiche-rappel/21381/interne",
        "date_publication": datetime.now(UTC).isoformat(timespec="seconds"),
        "libelle": "pâte à tartiner aux noisettes",
        **fields,
    }


class RecallFeed(Listener):
    """`async with RecallFeed(records) as feed` serves `feed.records`, or what `feed.instead` returns for a request."""

    def __init__(self, *records: dict[str, Any]) -> None:
        super().__init__(self._page)
        self.records: list[Any] = list(records)
        self.instead: Callable[[Received], bytes] | None = None

    @property
    def address(self) -> str:
        """The address for ECOPANIER_RAPPELCONSO_URL."""
        return self.url + DATA_SET

    def _page(self, request: Received) -> bytes:
        if self.instead is not None:
            return self.instead(request)
        parts = urlsplit(request.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        wanted = re.fullmatch(r'categorie_produit="(\w+)" and date_publication>=date\'([\d-]+)\'', asked["where"])
        limit, offset = int(asked["limit"]), int(asked["offset"])
        if parts.path != DATA_SET or wanted is None or limit > 100 or limit + offset > 10_000:
            return reply(400, b'{"error_code": "ODSQLSyntaxError", "message": "..."}')
        category, since = wanted.groups()
        found = [r for r in self.records if r["categorie_produit"] == category and r["date_publication"] >= since]
        found.sort(key=lambda r: tuple(r[name] for name in asked["order_by"].split(",")))
        return reply(200, as_page(found[offset : offset + limit], len(found)))


def as_page(records: list[Any], total: int | None = None) -> bytes:
    return json.dumps({"total_count": len(records) if total is None else total, "results": records}).encode()


@pytest.fixture
async def recall_feed(town: Town, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[RecallFeed]:
    """Serve a feed without records, which the worker of this test reads."""
    async with RecallFeed() as served:
        monkeypatch.setenv("ECOPANIER_RAPPELCONSO_URL", served.address)
        settings.cache_clear()
        yield served
    settings.cache_clear()
