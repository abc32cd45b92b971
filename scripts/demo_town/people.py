"""The people of the demo town. All of them are invented."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

# Everybody has the same password. It is public, so `ecopanier seed` refuses to run in production.
PASSWORD = "cigogne-sur-le-toit"  # noqa: S105
DOMAIN = "ecopanier.example"  # a reserved domain (RFC 2606), so no mail can be delivered


def address(login: str) -> str:
    """Return the e-mail address that belongs to a login."""
    return f"{login}@{DOMAIN}"


@dataclass(frozen=True)
class Neighbour:
    """A person or an association that registers itself."""

    login: str
    role: Literal["customer", "collector", "association"]
    name: str
    verified: bool = True


@dataclass(frozen=True)
class Charity(Neighbour):
    """An association with its address and an obviously invented number in the register.

    says: the description on its page, which everybody sees if it is public. point: its latitude and longitude.
    """

    rna: str = ""
    address: str = ""
    point: tuple[float, float] = (0, 0)
    says: str = ""
    is_public: bool = False
    in_time: bool = False


@dataclass(frozen=True)
class Enrolled:
    """A beneficiary.

    by: the login that enrolled them. days_ago: when they were enrolled. right_ends_in: days from now. about: what is
    worth trying as this person.
    """

    number: int
    first_name: str
    last_name: str
    born: date
    household: int
    by: str
    days_ago: int
    right_ends_in: int = 180
    becomes: Literal["verified", "suspended", "pending"] = "verified"
    about: str = ""

    @property
    def key(self) -> str:
        """The name of this person in the story's dictionaries; no login looks like it."""
        return str(self.number)


ADMIN = "admin"
TABLES = "tables-partagees"
RELAIS = "relais-meinau"

NEIGHBOURS = (
    Charity(
        TABLES,
        "association",
        "Les Tables partagées",
        rna="W000000017",
        address="9 quai des Pêcheurs, 67000 Strasbourg",
        point=(48.5822, 7.7588),
        says="Épicerie solidaire et repas partagés, sur inscription.",
        is_public=True,
        in_time=True,
    ),
    Charity(
        RELAIS,
        "association",
        "Relais de la Meinau",
        rna="W000000029",
        address="40 avenue de Normandie, 67100 Strasbourg",
        point=(48.5558, 7.7536),
        says="Accueil de jour et hébergement d’urgence.",
    ),
    Neighbour("karim", "collector", "Karim, vélo-cargo"),
    Neighbour("lucie", "collector", "Lucie, camionnette frigorifique"),
    Neighbour("joseph", "collector", "Joseph, bénévole", verified=False),
    Neighbour("claire", "customer", "Claire F."),
    Neighbour("marc", "customer", "Marc W."),
    Neighbour("ines", "customer", "Inès L."),
    Neighbour("thomas", "customer", "Thomas R."),
    Neighbour("julie", "customer", "Julie M."),
    Neighbour("hugo", "customer", "Hugo K."),
    Neighbour("fatou", "customer", "Fatou D."),
    Neighbour("paul", "customer", "Paul Z."),
    Neighbour("mairie", "customer", "Anne L."),
)

# Customers who buy on every day of trade: without them, too few people would stand behind a day to publish its figures.
REGULARS = tuple(
    Neighbour(login, "customer", name)
    for login, name in (
        ("adele", "Adèle B."), ("bruno", "Bruno C."), ("chloe", "Chloé D."), ("david", "David E."), ("elsa", "Elsa G."),
        ("felix", "Félix H."), ("gaelle", "Gaëlle J."), ("henri", "Henri M."), ("irene", "Irène N."),
        ("jonas", "Jonas P."), ("leila", "Leïla S."), ("noemie", "Noémie T."), ("oscar", "Oscar V."),
        ("simone", "Simone W."), ("yasmine", "Yasmine A."),
    )
)  # fmt: skip

BENEFICIARIES = (
    Enrolled(4217, "Amina", "Belkacem", date(1988, 5, 14), 3, TABLES, 27, about="two free portions left today"),
    Enrolled(
        18093,
        "Youssef",
        "Amrani",
        date(1975, 11, 2),
        1,
        TABLES,
        27,
        about="has a pass for the Épicerie",
    ),
    Enrolled(30561, "Nathalie", "Grosjean", date(1969, 3, 21), 2, TABLES, 38),
    Enrolled(47730, "Tesfay", "Gebre", date(1997, 8, 9), 1, TABLES, 26),
    Enrolled(52984, "Lydie", "Kern", date(1954, 1, 30), 1, RELAIS, 25),
    Enrolled(66102, "Oksana", "Melnyk", date(1991, 6, 17), 4, RELAIS, 25),
    Enrolled(79345, "Jean", "Strub", date(1948, 12, 5), 1, ADMIN, 25),
    Enrolled(83518, "Mariam", "Traoré", date(1983, 9, 26), 5, RELAIS, 24, right_ends_in=-6, about="right has run out"),
    Enrolled(90427, "Kevin", "Lutz", date(2001, 4, 11), 1, TABLES, 20, becomes="suspended"),
    Enrolled(95876, "Rosa", "Almeida", date(1979, 7, 8), 2, RELAIS, 1, becomes="pending"),
)

# The beneficiaries who hold a reservation with an upcoming pickup, and the titles of their lots.
WITH_A_PASS = {18093: "Conserves et pâtes", 52984: "Légumes bio dépareillés", 79345: "Repas complet à emporter"}
