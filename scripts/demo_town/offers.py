"""The 30 offers of the demo town's shops, as their merchants would write them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from scripts.demo_town.shops import (
    BOUCHERIE,
    CANTINE,
    CHARCUTERIE,
    CREMERIE,
    FOURNIL,
    FROMAGERIE,
    GRAIN_VERT,
    JOUR_ET_NUIT,
    MIRABELLE,
    POISSONNERIE,
    POTAGER,
    TRAITEUR,
    Shop,
)

PARIS = ZoneInfo("Europe/Paris")
# The time that a newcomer has at least to reserve a lot and collect it.
STILL_OPEN_FOR = timedelta(minutes=45)
OPEN_NOW = ("now", "now")


@dataclass(frozen=True)
class Offer:
    """A lot that a shop lists regularly.

    cents: original price and price (0 if it is free). window: begin and end of the pickup in Paris time, or OPEN_NOW if
    the window must be open at the moment of seeding. day: whether the lot on sale has the next such window or the one a
    day later. food_date: the kind of legal date, and its distance from the pickup in days.
    """

    shop: Shop
    title: str
    description: str
    category: str
    cents: tuple[int, int]
    quantity: int
    window: tuple[str, str]
    day: Literal["next", "after"] = "next"
    food_date: tuple[Literal["use_by", "best_before"], int] | None = None
    allergens: tuple[str, ...] = ()
    cold: bool = False
    grams: int | None = None
    origin: str | None = None

    @property
    def kind(self) -> str:
        return "discounted" if self.cents[1] else "free"

    @property
    def hours(self) -> tuple[str, str]:
        """The begin and end of the pickup on an ordinary day, in Paris time."""
        return ("10:00", "20:00") if self.window == OPEN_NOW else self.window

    @property
    def listed_from(self) -> str:
        """The time at which it is listed on an ordinary day, in Paris time: an hour before the pickup begins."""
        return f"{int(self.hours[0][:2]) - 1:02d}:{self.hours[0][3:]}"

    def window_on(self, day: date) -> tuple[datetime, datetime]:
        """Return the pickup window of a day, in UTC."""
        begin, end = self.hours
        return paris(day, begin), paris(day, end)

    def window_ahead(self, now: datetime) -> tuple[datetime, datetime]:
        """Return the pickup window of the lot that is on sale now, in UTC."""
        if self.window == OPEN_NOW:
            hour = now.replace(minute=0, second=0, microsecond=0)
            return hour - timedelta(hours=1), hour + timedelta(hours=8)
        today = now.astimezone(PARIS).date()
        if self.day == "after" or self.window_on(today)[1] - now < STILL_OPEN_FOR:
            return self.window_on(today + timedelta(days=1))
        return self.window_on(today)


def paris(day: date, at: str) -> datetime:
    """Convert a time of day in Paris to UTC, where adding hours is safe when the clocks change."""
    return datetime.combine(day, time.fromisoformat(at), PARIS).astimezone(UTC)


OFFERS = (
    Offer(
        FOURNIL,
        "Panier du soir : pains et viennoiseries",
        "Ce qui reste sur nos étagères à la fermeture : une ou deux baguettes, un pain spécial, trois viennoiseries. "
        "La composition change chaque jour, la fraîcheur non.",
        "bakery", (1200, 400), 6, ("18:15", "19:30"), allergens=("gluten", "milk", "eggs", "sesame"), grams=900,
    ),
    Offer(
        FOURNIL,
        "Pains du jour",
        "Deux baguettes de tradition et un demi-pain de campagne, cuits ce matin. Parfaits grillés demain.",
        "bakery", (600, 0), 8, ("18:30", "19:30"), allergens=("gluten",), grams=750,
    ),
    Offer(
        FOURNIL,
        "Sandwichs jambon-beurre du midi",
        "Préparés à 11 h, gardés au frais. À manger ce soir.",
        "prepared_meals", (650, 260), 5, ("17:00", "19:00"), food_date=("use_by", 0),
        allergens=("gluten", "milk", "mustard"), cold=True, grams=250,
    ),
    Offer(
        MIRABELLE,
        "Boîte de six petits gâteaux",
        "Éclairs, tartelettes et religieuses de la vitrine, au choix de la maison. À garder au frais.",
        "pastry", (2100, 840), 4, ("18:00", "19:00"), food_date=("use_by", 1),
        allergens=("gluten", "eggs", "milk", "nuts"), cold=True, grams=600,
    ),
    Offer(
        MIRABELLE,
        "Kougelhopf entier",
        "Cuit hier dans son moule en terre, aux raisins et aux amandes. Il se tient très bien trois jours.",
        "pastry", (1650, 990), 3, ("09:00", "12:00"), "after", food_date=("best_before", 3),
        allergens=("gluten", "eggs", "milk", "nuts", "sulphites"), grams=700,
    ),
    Offer(
        MIRABELLE,
        "Tartelettes aux quetsches",
        "Quetsches d’Alsace, pâte sablée. Deux tartelettes par part.",
        "desserts", (380, 0), 6, ("18:00", "19:00"), food_date=("use_by", 1),
        allergens=("gluten", "eggs", "milk"), grams=240,
    ),
    Offer(
        POTAGER,
        "Cagette de légumes de saison",
        "Poireaux, carottes, choux et pommes de terre un peu cabossés, très bons. Environ quatre kilos.",
        "fruits_vegetables", (900, 360), 10, ("17:30", "20:00"), grams=4000,
        origin="Alsace, France",
    ),
    Offer(
        POTAGER,
        "Fruits très mûrs pour compotes",
        "Pommes, poires et bananes à cuisiner dans les deux jours.",
        "fruits_vegetables", (500, 0), 8, ("17:30", "20:00"), grams=3000,
        origin="France ; bananes de Guadeloupe",
    ),
    Offer(
        POTAGER,
        "Légumes à soupe préparés",
        "Courge, carotte, poireau et céleri, lavés et coupés : il ne manque que l’eau et le sel.",
        "fruits_vegetables", (600, 240), 6, ("10:00", "13:00"), "after", food_date=("use_by", 1),
        allergens=("celery",), cold=True, grams=1500,
        origin="Alsace, France",
    ),
    Offer(
        BOUCHERIE,
        "Colis grillades",
        "Merguez, brochettes et deux tranches de poitrine. À cuire à cœur, ce soir ou demain.",
        "butcher", (1800, 900), 5, ("17:30", "19:00"), food_date=("use_by", 1), allergens=("sulphites",),
        cold=True, grams=800,
        origin="Porc et bœuf : nés, élevés et abattus en France",
    ),
    Offer(
        BOUCHERIE,
        "Bœuf à braiser",
        "Paleron et gîte, pour un pot-au-feu ou un bourguignon.",
        "butcher", (2200, 1320), 4, ("10:00", "12:30"), "after", food_date=("use_by", 2), cold=True, grams=1200,
        origin="Né, élevé et abattu en France",
    ),
    Offer(
        FROMAGERIE,
        "Assiette de fins de meule",
        "Comté, munster, tomme et un bleu : les dernières coupes de la semaine, emballées à part.",
        "cheese", (1500, 600), 5, ("17:00", "19:30"), food_date=("best_before", 6), allergens=("milk",),
        cold=True, grams=500,
    ),
    Offer(
        FROMAGERIE,
        "Faisselles et yaourts fermiers",
        "De la ferme du Kochersberg. Quatre pots par part.",
        "dairy", (420, 0), 6, ("17:00", "19:30"), food_date=("use_by", 2), allergens=("milk",), cold=True, grams=500,
    ),
    Offer(
        POISSONNERIE,
        "Filets du jour",
        "Ce que la marée a laissé : lieu, merlan ou truite. À cuire aujourd’hui.",
        "fish", (1900, 760), 4, ("17:30", "19:00"), food_date=("use_by", 0), allergens=("fish",), cold=True, grams=600,
        origin="Lieu et merlan : Atlantique Nord-Est ; truite : élevée en France",
    ),
    Offer(
        POISSONNERIE,
        "Moules de bouchot, deux kilos",
        "Arrivées ce matin, vivantes. À cuire le jour du retrait.",
        "fish", (1100, 440), 6, ("10:00", "12:30"), "after", food_date=("use_by", 0), allergens=("molluscs",),
        cold=True, grams=2000,
        origin="Élevées en France, baie du Mont-Saint-Michel",
    ),
    Offer(
        POISSONNERIE,
        "Salade de crevettes et céleri",
        "Préparée à midi, sauce à part.",
        "prepared_meals", (850, 340), 5, ("17:30", "19:00"), food_date=("use_by", 1),
        allergens=("crustaceans", "celery", "eggs", "mustard"), cold=True, grams=300,
    ),
    Offer(
        JOUR_ET_NUIT,
        "Panier d’épicerie, dates courtes",
        "Biscuits, céréales, sauces et thé dont la date de durabilité minimale vient de passer. Encore bons, "
        "et nous les mangeons aussi.",
        "grocery", (1400, 420), 12, OPEN_NOW, food_date=("best_before", -4),
        allergens=("gluten", "soybeans", "sesame", "milk"), grams=2500,
    ),
    Offer(
        JOUR_ET_NUIT,
        "Conserves et pâtes",
        "Boîtes cabossées, paquets au carton déchiré : le contenu est intact.",
        "canned", (900, 0), 12, OPEN_NOW, food_date=("best_before", 200), allergens=("gluten",), grams=3000,
    ),
    Offer(
        JOUR_ET_NUIT,
        "Légumes surgelés",
        "Fin de série : haricots, épinards et petits pois. Apportez un sac isotherme.",
        "frozen", (800, 320), 8, ("12:00", "22:00"), "after", food_date=("best_before", 60), cold=True, grams=2000,
    ),
    Offer(
        JOUR_ET_NUIT,
        "Limonades artisanales et jus de pomme",
        "Trois limonades d’Alsace et un jus fermier, bientôt à date.",
        "drinks", (1600, 960), 6, ("10:00", "22:00"), "after", food_date=("best_before", 5), grams=2000,
    ),
    Offer(
        GRAIN_VERT,
        "Vrac bio : lentilles, riz et flocons",
        "Fonds de silos, pesés et ensachés par nos soins.",
        "organic", (1300, 650), 6, ("16:00", "20:00"), food_date=("best_before", 30),
        allergens=("gluten", "nuts", "lupin"), grams=2000,
    ),
    Offer(
        GRAIN_VERT,
        "Tofus et boissons à l’avoine",
        "Deux tofus et une brique, bio, à consommer rapidement.",
        "organic", (1050, 420), 5, ("12:00", "14:00"), "after", food_date=("use_by", 2),
        allergens=("soybeans", "gluten"), cold=True, grams=1400,
    ),
    Offer(
        GRAIN_VERT,
        "Légumes bio dépareillés",
        "Trop petits, trop tordus ou trop seuls pour l’étal. Tous bio, tous bons.",
        "organic", (700, 0), 8, ("18:00", "20:00"), grams=2500,
    ),
    Offer(
        TRAITEUR,
        "Baeckeoffe du jour",
        "Trois viandes, pommes de terre, vin blanc : une belle part à réchauffer au four.",
        "caterer", (1450, 725), 6, ("18:30", "20:30"), food_date=("use_by", 1),
        allergens=("gluten", "celery", "sulphites"), cold=True, grams=650,
    ),
    Offer(
        TRAITEUR,
        "Barquettes du midi",
        "Les plats du jour qui restent : un plat complet par part, à réchauffer.",
        "prepared_meals", (1200, 0), 8, ("18:30", "20:30"), food_date=("use_by", 1),
        allergens=("gluten", "milk", "celery", "eggs"), cold=True, grams=500,
    ),
    Offer(
        TRAITEUR,
        "Plateau apéritif",
        "Une commande annulée : navettes, verrines et feuilletés pour quatre personnes. À servir ce soir.",
        "caterer", (2400, 960), 2, ("19:00", "20:30"), food_date=("use_by", 0),
        allergens=("gluten", "fish", "milk", "eggs", "peanuts"), cold=True,
    ),
    Offer(
        CANTINE,
        "Couscous de légumes",
        "Semoule, sept légumes, pois chiches. Végétarien.",
        "prepared_meals", (950, 285), 7, ("14:00", "16:00"), food_date=("use_by", 1),
        allergens=("gluten", "celery"), cold=True, grams=550,
    ),
    Offer(
        CANTINE,
        "Repas complet à emporter",
        "Entrée, plat et fruit, comme à midi.",
        "prepared_meals", (1100, 0), 10, ("20:00", "21:30"), food_date=("use_by", 1),
        allergens=("gluten", "milk"), cold=True, grams=650,
    ),
    Offer(
        CHARCUTERIE,
        "Choucroute garnie cuite",
        "Chou, knack, lard fumé et pommes de terre, pour une grosse faim.",
        "delicatessen", (1300, 910), 5, ("17:00", "19:30"), food_date=("use_by", 2),
        allergens=("sulphites", "mustard"), cold=True, grams=900,
    ),
    Offer(
        CREMERIE,
        "Yaourts, crème et beurre",
        "Huit yaourts, un pot de crème et une plaquette de beurre, à date dans trois jours.",
        "dairy", (880, 352), 8, ("17:30", "19:00"), food_date=("use_by", 3), allergens=("milk",), cold=True, grams=1600,
    ),
)  # fmt: skip
