"""The people of the demo town who work for a shop or an association with an account of their own."""

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


HELPERS = (
    Helper("julie", FOURNIL, "staff", f"Julie M., works at the counter of {FOURNIL.name}"),
    Helper("paul", TABLES, "reader", "Paul Z., reads the figures of Les Tables partagées"),
)
