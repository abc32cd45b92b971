"""Opening hours in words: runs of days, times of day and midnight, in French and English."""

from typing import Any

import pytest

from backend.problems.texts import Language
from backend.shops.hours_in_words import hours_in_words
from backend.shops.opening_hours import OpeningHoursOut

MORNING = {"opens": "07:00", "closes": "13:00"}
AFTERNOON = {"opens": "15:30", "closes": "19:30"}
NIGHT = {"opens": "20:00", "closes": "24:00"}
ALL_DAY = [{"opens": "00:00", "closes": "24:00"}]
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@pytest.mark.parametrize(
    ("hours", "language", "lines"),
    [
        ({}, "fr", []),
        (
            {"tuesday": [MORNING, AFTERNOON], "wednesday": [MORNING, AFTERNOON], "saturday": [MORNING]},
            "fr",
            [
                "Lundi : fermé",
                "Mardi et mercredi : de 7 h à 13 h et de 15 h 30 à 19 h 30",
                "Jeudi et vendredi : fermé",
                "Samedi : de 7 h à 13 h",
                "Dimanche : fermé",
            ],
        ),
        (
            {day: [MORNING, AFTERNOON, NIGHT] for day in WEEK[:5]},
            "fr",
            [
                "Du lundi au vendredi : de 7 h à 13 h, de 15 h 30 à 19 h 30 et de 20 h à minuit",
                "Samedi et dimanche : fermé",
            ],
        ),
        (
            {day: [MORNING, AFTERNOON] for day in WEEK[1:6]},
            "en",
            ["Monday: closed", "Tuesday to Saturday: 07:00 to 13:00 and 15:30 to 19:30", "Sunday: closed"],
        ),
        (dict.fromkeys(WEEK, ALL_DAY), "fr", ["Tous les jours : toute la journée"]),
        (dict.fromkeys(WEEK, ALL_DAY), "en", ["Every day: all day"]),
        (
            {"saturday": [NIGHT], "sunday": [{"opens": "00:00", "closes": "02:30"}]},
            "en",
            ["Monday to Friday: closed", "Saturday: 20:00 to midnight", "Sunday: midnight to 02:30"],
        ),
    ],
)
def test_hours_are_written_by_runs_of_days(hours: dict[str, Any], language: Language, lines: list[str]) -> None:
    assert hours_in_words(OpeningHoursOut.model_validate(hours), language) == lines
