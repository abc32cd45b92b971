"""Complaints of the demo town's holders about a pickup, and the shops' answers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Complaint:
    """A problem report. answer: the shop's outcome and words; None if it leaves the report to the admins."""

    kind: str
    words: str
    answer: tuple[str, str] | None = None


# By the number of the pickup, in the order of the story.
COMPLAINTS = {
    5: Complaint(
        "quality",
        "Une partie était abîmée, j’ai dû en jeter la moitié.",
        ("in_kind", "Toutes nos excuses. Passez quand vous voulez, nous vous en préparons un autre."),
    ),
    60: Complaint("other", "On m’a fait attendre vingt minutes parce que personne ne trouvait le sac."),
    110: Complaint(
        "missing",
        "Il manquait une partie de ce qui était annoncé.",
        ("sorry", "Vous avez raison, nous avons mal compté ce soir-là. Nous ferons attention."),
    ),
}
OF_YESTERDAY = Complaint("missing", "Il y avait nettement moins que ce que l’annonce disait.")
