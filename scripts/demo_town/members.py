"""The people of the demo town who work for a shop, an association or an organisation with an account of their own."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from backend.api_clients.client_secrets import secret_of
from scripts.demo_town.people import TABLES
from scripts.demo_town.shops import FOURNIL, Shop


@dataclass(frozen=True)
class Helper:
    """A customer who is a member besides. at: the shop, or the association's login. does: what is worth trying."""

    login: str
    at: Shop | str
    role: Literal["staff", "reader"]
    does: str


@dataclass(frozen=True)
class Town:
    """An organisation of the demo town. login: of its owner. territory: its code."""

    login: str
    name: str
    kind: Literal["municipality", "agglomeration", "ngo"]
    siren: str
    territory: str
    does: str


@dataclass(frozen=True)
class Program:
    """An API client of the demo town, of its organisation. It has all scopes, and the mandate of `association`."""

    name: str
    association: str

    @property
    def secret(self) -> str:
        """Its secret, which is the same in every demo town and as public as the password."""
        return secret_of(int.from_bytes(sha256(self.name.encode()).digest()))


PROGRAM = Program("Logiciel du CCAS", TABLES)
TOWN = Town(
    "mairie",
    "Ville de Strasbourg",
    "municipality",
    "216704825",
    "67482",
    "Anne L., follows the territory for Ville de Strasbourg",
)
HELPERS = (
    Helper("julie", FOURNIL, "staff", f"Julie M., works at the counter of {FOURNIL.name}"),
    Helper("paul", TABLES, "reader", "Paul Z., reads the figures of Les Tables partagées"),
)
