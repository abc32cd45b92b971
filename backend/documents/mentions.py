"""The mentions that the law wants on an invoice (commercial code, articles L. 441-9, L. 441-10 and D. 441-5)."""

from typing import Final

LATE_PAYMENT: Final = (
    "Pénalités de retard : trois fois le taux d'intérêt légal, exigibles sans rappel (article L. 441-10 du code de "
    "commerce)."
)
RECOVERY: Final = "Indemnité forfaitaire pour frais de recouvrement en cas de retard de paiement : 40 €."
NO_DISCOUNT: Final = "Pas d'escompte pour paiement anticipé."
PAID_FROM_SALES: Final = "Facture acquittée : commission retenue sur le produit de vos ventes."
PAID_BY_CARD: Final = "Facture acquittée : payée par carte."
