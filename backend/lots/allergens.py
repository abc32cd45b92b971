"""The names of the 14 allergens in French and English, as in annex II of regulation (EU) 1169/2011.

The Latin names and the exceptions of the annex (glucose syrup, fully refined soybean oil …) are left out.
"""

from backend.lots.models import Allergen

NAMES: dict[Allergen, tuple[str, str]] = {
    Allergen.GLUTEN: (
        "Céréales contenant du gluten, à savoir blé (comme épeautre et blé de Khorasan), seigle, orge, avoine ou leurs "
        "souches hybridées, et produits à base de ces céréales",
        "Cereals containing gluten, namely: wheat (such as spelt and khorasan wheat), rye, barley, oats or their "
        "hybridised strains, and products thereof",
    ),
    Allergen.CRUSTACEANS: ("Crustacés et produits à base de crustacés", "Crustaceans and products thereof"),
    Allergen.EGGS: ("Œufs et produits à base d'œufs", "Eggs and products thereof"),
    Allergen.FISH: ("Poissons et produits à base de poissons", "Fish and products thereof"),
    Allergen.PEANUTS: ("Arachides et produits à base d'arachides", "Peanuts and products thereof"),
    Allergen.SOYBEANS: ("Soja et produits à base de soja", "Soybeans and products thereof"),
    Allergen.MILK: (
        "Lait et produits à base de lait (y compris le lactose)",
        "Milk and products thereof (including lactose)",
    ),
    Allergen.NUTS: (
        "Fruits à coque, à savoir : amandes, noisettes, noix, noix de cajou, noix de pécan, noix du Brésil, pistaches, "
        "noix de Macadamia ou du Queensland, et produits à base de ces fruits",
        "Nuts, namely: almonds, hazelnuts, walnuts, cashews, pecan nuts, Brazil nuts, pistachio nuts, macadamia or "
        "Queensland nuts, and products thereof",
    ),
    Allergen.CELERY: ("Céleri et produits à base de céleri", "Celery and products thereof"),
    Allergen.MUSTARD: ("Moutarde et produits à base de moutarde", "Mustard and products thereof"),
    Allergen.SESAME: (
        "Graines de sésame et produits à base de graines de sésame",
        "Sesame seeds and products thereof",
    ),
    Allergen.SULPHITES: (
        "Anhydride sulfureux et sulfites en concentrations de plus de 10 mg/kg ou 10 mg/litre en termes de SO₂ total",
        "Sulphur dioxide and sulphites at concentrations of more than 10 mg/kg or 10 mg/litre in terms of the total "
        "SO₂",
    ),
    Allergen.LUPIN: ("Lupin et produits à base de lupin", "Lupin and products thereof"),
    Allergen.MOLLUSCS: ("Mollusques et produits à base de mollusques", "Molluscs and products thereof"),
}
