"""The demo town's shops in the centre of Strasbourg: the streets are real, the shops are invented."""

from dataclasses import dataclass
from typing import Any

from stdnum import luhn

STRASBOURG = "67482"  # INSEE code
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True)
class Merchant:
    """A person who runs one or more shops; `login` is the part of their e-mail address before the @."""

    login: str
    name: str


@dataclass(frozen=True)
class Shop:
    """A shop; `hours` are its opening hours, the same every day. says: the description on its page."""

    name: str
    merchant: Merchant
    address: str
    latitude: float
    longitude: float
    category: str
    hours: tuple[tuple[str, str], ...]
    says: str
    shows_impact: bool = False

    @property
    def opening_hours(self) -> dict[str, Any]:
        """The opening hours in the form that `POST /shops` takes."""
        return {day: [{"opens": opens, "closes": closes} for opens, closes in self.hours] for day in DAYS}


def invented_telephone(number: int) -> str:
    """Return a telephone number that is kept for fiction in the north-east of France."""
    return f"+33 3 53 01 00 {number:02d}"


def invented_siret(number: int) -> str:
    """Return a SIRET with valid check digits that is obviously invented, because its SIREN begins with zeros."""
    siren = f"{number:08d}"
    siren += luhn.calc_check_digit(siren)
    return f"{siren}0001{luhn.calc_check_digit(siren + '0001')}"


SOPHIE = Merchant("boulangerie", "Sophie Keller")

FOURNIL = Shop(
    "Au Fournil des Bateliers", SOPHIE, "21 quai des Bateliers, 67000 Strasbourg", 48.5803, 7.7533, "bakery",
    (("06:30", "19:30"),),
    "Pains au levain et viennoiseries, pétris et cuits sur place chaque matin.", shows_impact=True,
)  # fmt: skip
MIRABELLE = Shop(
    "Pâtisserie La Mirabelle", SOPHIE, "14 rue des Orfèvres, 67000 Strasbourg", 48.5823, 7.7494, "pastry",
    (("08:30", "19:00"),),
    "Tartes aux fruits de la région, entremets et kougelhopf du dimanche.",
)  # fmt: skip
POTAGER = Shop(
    "Le Potager de la Krutenau", Merchant("primeur", "Mehdi Benali"), "32 rue de Zurich, 67000 Strasbourg",
    48.5790, 7.7572, "fruits_vegetables", (("08:00", "20:00"),),
    "Fruits et légumes de saison, surtout de maraîchers des environs.",
)  # fmt: skip
BOUCHERIE = Shop(
    "Boucherie des Tanneurs", Merchant("boucherie", "Pierre Muller"), "18 rue du Bain-aux-Plantes, 67000 Strasbourg",
    48.5807, 7.7402, "butcher", (("08:00", "12:30"), ("14:30", "19:00")),
    "Viandes d’éleveurs alsaciens, découpées à la demande.",
)  # fmt: skip
FROMAGERIE = Shop(
    "Fromagerie du Finkwiller", Merchant("fromagerie", "Anne Vogel"), "9 rue Finkwiller, 67000 Strasbourg",
    48.5788, 7.7431, "cheese", (("09:00", "19:30"),),
    "Une centaine de fromages, affinés dans nos caves.",
)  # fmt: skip
POISSONNERIE = Shop(
    "Poissonnerie de l’Ill", Merchant("poissonnerie", "Yann Le Goff"),
    "6 rue du Vieux-Marché-aux-Poissons, 67000 Strasbourg", 48.5803, 7.7513, "fish",
    (("08:00", "13:00"), ("16:00", "19:00")),
    "Poissons et coquillages, arrivés chaque nuit des criées de l’Atlantique.",
)  # fmt: skip
JOUR_ET_NUIT = Shop(
    "Épicerie Jour et Nuit", Merchant("epicerie", "Nadia Haddad"), "3 place de la Gare, 67000 Strasbourg",
    48.5847, 7.7355, "grocery", (("00:00", "24:00"),),
    "Tout ce qui manque quand les autres sont fermés.",
)  # fmt: skip
GRAIN_VERT = Shop(
    "Le Grain Vert", Merchant("bio", "Élise Schneider"), "45 Grand'Rue, 67000 Strasbourg",
    48.5809, 7.7438, "organic", (("09:00", "20:00"),),
    "Épicerie biologique, vrac et pain du jour.", shows_impact=True,
)  # fmt: skip
TRAITEUR = Shop(
    "Traiteur du Dôme", Merchant("traiteur", "Laurent Wagner"), "11 rue du Dôme, 67000 Strasbourg",
    48.5835, 7.7503, "caterer", (("10:00", "20:30"),),
    "Plats cuisinés du jour, à emporter.",
)  # fmt: skip
CANTINE = Shop(
    "La Cantine de la Victoire", Merchant("cantine", "Samia Cherif"), "12 boulevard de la Victoire, 67000 Strasbourg",
    48.5818, 7.7622, "prepared_meals", (("11:00", "21:30"),),
    "Cuisine familiale, un plat végétarien chaque jour.",
)  # fmt: skip
CHARCUTERIE = Shop(
    "Charcuterie du Faubourg", Merchant("charcuterie", "Bernard Ott"),
    "24 rue du Faubourg-de-Saverne, 67000 Strasbourg", 48.5871, 7.7409, "delicatessen", (("08:30", "19:30"),),
    "Charcuteries fumées dans l’arrière-boutique, choucroute en saison.",
)  # fmt: skip
CREMERIE = Shop(
    "Crèmerie Broglie", Merchant("cremerie", "Juliette Roos"), "16 place Broglie, 67000 Strasbourg",
    48.5846, 7.7497, "dairy", (("09:00", "19:00"),),
    "Lait, beurre et crème de fermes du Kochersberg.",
)  # fmt: skip

SHOPS = (
    FOURNIL, MIRABELLE, POTAGER, BOUCHERIE, FROMAGERIE, POISSONNERIE, JOUR_ET_NUIT, GRAIN_VERT, TRAITEUR, CANTINE,
    CHARCUTERIE, CREMERIE,
)  # fmt: skip
