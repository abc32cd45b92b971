"""The people of the demo town who work for a shop, an association or an organisation with an account of their own."""

from dataclasses import dataclass
from typing import Literal

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
