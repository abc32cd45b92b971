"""The settings, read from environment variables. The program refuses to start if they are wrong or unsafe."""

import os
from collections.abc import Mapping
from functools import cache, cached_property
from ipaddress import ip_address
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import ValidationError

from backend.settings.refusals import SettingsRefused, unsafe
from backend.settings.secret_keys import derived, key_kept_in
from backend.settings.values import Values, origins_in

__all__ = ["Settings", "SettingsRefused", "settings"]

MOST_PROCESSES = 4  # unless a number is set


class Settings(Values):
    """The settings of a process, and what follows from them."""

    @property
    def cors_origins(self) -> list[str]:
        """The origins whose pages may call the API; `["*"]` for all."""
        return origins_in(self.allowed_origins or "")

    @property
    def map_tiles_origin(self) -> str:
        """The origin of the map's pictures, as a Content-Security-Policy names it."""
        parts = urlsplit(self.map_tiles)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def mail_host(self) -> str:
        """The host of the public URL as mails write it: in ASCII, an address in brackets (RFC 5321 4.1.3)."""
        host = urlsplit(self.public_url).hostname or "localhost"
        try:
            address = ip_address(host)
        except ValueError:
            return host if host.isascii() else host.encode("idna").decode()
        return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"

    @property
    def mail_sender(self) -> str:
        """The From header of mails."""
        return f"EcoPanier <{self.mail_from or f'no-reply@{self.mail_host}'}>"

    @property
    def operator(self) -> Mapping[str, Mapping[str, str]]:
        """The facts about the operator that fill gaps in the terms and the privacy notice, by language and gap."""
        contact = self.mail_from or f"no-reply@{self.mail_host}"
        unnamed = {
            "fr": ("l'exploitant de cette instance de démonstration", "qui n'a pas encore donné d'adresse"),
            "en": ("the operator of this demo instance", "who has not given an address yet"),
        }
        return {
            language: {
                "operator": self.operator_name or name,
                "address": self.operator_address or address,
                "contact": contact,
            }
            for language, (name, address) in unnamed.items()
        }

    @property
    def confirmed_migrations(self) -> str | None:
        """The name of the migration that the operator has confirmed; outside production, `everything`."""
        return self.confirmed if self.production else "everything"

    @property
    def second_factor_rule(self) -> Literal["required", "admins", "optional"]:
        """The rule for second factors, which the database is told with each transaction."""
        return self.second_factor or ("required" if self.production else "optional")

    @property
    def serves_docs(self) -> bool:
        return not self.production if self.docs is None else self.docs

    @property
    def serves_metrics(self) -> bool:
        return not self.production if self.metrics is None else self.metrics

    @property
    def serving_processes(self) -> int:
        """How many processes serve requests."""
        return self.processes or min(MOST_PROCESSES, os.cpu_count() or 1)

    @cached_property
    def _root_key(self) -> bytes:
        if self.secret_key is not None:
            return self.secret_key.get_secret_value().encode()
        return key_kept_in(self.data_dir)

    @cached_property
    def _derived_keys(self) -> dict[str, bytes]:
        return {}

    def derived_key(self, purpose: str) -> bytes:
        """Return the 32-byte key for one purpose, derived by HKDF-SHA256 (RFC 5869).

        Knowing one purpose's key does not reveal another's.
        """
        key = self._derived_keys.get(purpose)
        if key is None:
            key = self._derived_keys[purpose] = derived(self._root_key, purpose)
        return key

    @classmethod
    def checked(cls) -> Self:
        """Return the settings from the environment. Raises SettingsRefused if they are invalid or unsafe."""
        try:
            read = cls()
        except ValidationError as error:
            raise SettingsRefused([f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]) from None
        if reasons := unsafe(read):
            raise SettingsRefused(reasons)
        return read


@cache
def settings() -> Settings:
    """Return the settings of this process, read once. Tests call `settings.cache_clear()` to read them again."""
    return Settings.checked()
