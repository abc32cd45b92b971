"""Builders of people, shops and lots: `amina = await town.a_beneficiary()`, `await amina.reserves(lot, 2)`."""

from tests.town.answers import Refusal, Refused, refused
from tests.town.people import Admin, Association, Beneficiary, Collector, Customer, Merchant, Person
from tests.town.programs import ApiClient
from tests.town.things import Lot, Organisation, Pass, Reservation, Shop
from tests.town.town import Town

__all__ = [
    "Admin",
    "ApiClient",
    "Association",
    "Beneficiary",
    "Collector",
    "Customer",
    "Lot",
    "Merchant",
    "Organisation",
    "Pass",
    "Person",
    "Refusal",
    "Refused",
    "Reservation",
    "Shop",
    "Town",
    "refused",
]
