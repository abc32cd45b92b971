"""Names of the time zones of French communes. The database knows the zone of each commune (app.zone_of)."""

from typing import Literal

PARIS = "Europe/Paris"

_NAMES: dict[str, tuple[str, str]] = {
    PARIS: ("heure de Paris", "Paris time"),
    "America/Guadeloupe": ("heure de Guadeloupe", "Guadeloupe time"),
    "America/Martinique": ("heure de Martinique", "Martinique time"),
    "America/Cayenne": ("heure de Guyane", "French Guiana time"),
    "America/Miquelon": ("heure de Saint-Pierre-et-Miquelon", "Saint Pierre and Miquelon time"),
    "Antarctica/DumontDUrville": ("heure de Terre-Adélie", "Adélie Land time"),
    "Etc/GMT+8": ("heure de Clipperton", "Clipperton time"),
    "Indian/Kerguelen": ("heure des Kerguelen", "Kerguelen time"),
    "Indian/Mayotte": ("heure de Mayotte", "Mayotte time"),
    "Indian/Reunion": ("heure de La Réunion", "Réunion time"),
    "Pacific/Gambier": ("heure des Gambier", "Gambier Islands time"),
    "Pacific/Marquesas": ("heure des Marquises", "Marquesas Islands time"),
    "Pacific/Noumea": ("heure de Nouvelle-Calédonie", "New Caledonia time"),
    "Pacific/Tahiti": ("heure de Tahiti", "Tahiti time"),
    "Pacific/Wallis": ("heure de Wallis-et-Futuna", "Wallis and Futuna time"),
}


def zone_name(zone: str, language: Literal["fr", "en"]) -> str:
    """Return the words for a zone's time, such as « heure de La Réunion ». Raises KeyError if no commune has it."""
    french, english = _NAMES[zone]
    return english if language == "en" else french


def zone_names(language: Literal["fr", "en"]) -> dict[str, str]:
    """Return the words for each zone but that of Paris, which goes without saying."""
    return {zone: zone_name(zone, language) for zone in _NAMES if zone != PARIS}
