"""Sealing what says who a beneficiary is: AES-256-GCM, one data key a person, wrapped by a master key.

Destroying a person's data key makes everything sealed with it unreadable, wherever copies lie. A sealed value is bound
to its place (table, column, row), so that it opens nowhere else. Who is looked for is found by a keyed hash.

Master keys come from the settings: `ECOPANIER_MASTER_KEY` wraps, `ECOPANIER_PREVIOUS_MASTER_KEYS` only open, until
`ecopanier keys rotate` has wrapped every data key anew. Look-ups have a key of their own, derived from
`ECOPANIER_SECRET_KEY`, which does not change.
"""

import hmac
import os
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import from_json, to_json

from backend.settings import Settings, settings

NONCE_BYTES = 12
KEY_BYTES = 32

SEALED_PERSON = "app.beneficiary_persons.sealed"
SEALED_ADDRESS = "app.sealed_addresses.sealed"


class SealBroken(Exception):
    """What was to be opened was sealed with another key, in another place, or changed since."""


class MasterKeyMissing(Exception):
    """A data key was wrapped by a master key that the settings do not hold any more."""


@dataclass(frozen=True, repr=False)
class DataKey:
    """The key of one person; `wrapped` and `master_key` are what the database keeps of it."""

    account_id: UUID
    key: bytes
    wrapped: bytes
    master_key: str

    def seal(self, place: str, plain: bytes) -> bytes:
        """Seal bytes for one column of this person's row."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, plain, self._row(place))

    def open(self, place: str, sealed: bytes) -> bytes:
        """Open what was sealed for this column of this person's row. Raises SealBroken."""
        try:
            return AESGCM(self.key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._row(place))
        except (InvalidTag, ValueError):
            raise SealBroken(place) from None

    def _row(self, place: str) -> bytes:
        return f"{place}/{self.account_id}".encode()


class Keyring:
    """The master keys by their names, and the key of look-ups."""

    def __init__(self, current: bytes, previous: Iterable[bytes], look_ups: bytes) -> None:
        self._current = _name(current)
        self._masters = {_name(key): AESGCM(sha256(b"ecopanier/master" + key).digest()) for key in (*previous, current)}
        self._look_ups = look_ups

    @property
    def current(self) -> str:
        """The name of the master key that wraps new data keys: 16 hexadecimal digits, which do not tell the key."""
        return self._current

    def new_data_key(self, account_id: UUID) -> DataKey:
        """Draw a key for a person."""
        return self._wrapped(account_id, os.urandom(KEY_BYTES))

    def data_key(self, account_id: UUID, wrapped: bytes, master_key: str) -> DataKey:
        """Unwrap the key of a person. Raises MasterKeyMissing, SealBroken."""
        if (master := self._masters.get(master_key)) is None:
            raise MasterKeyMissing(master_key)
        try:
            key = master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _wrapping(account_id))
        except (InvalidTag, ValueError):
            raise SealBroken("vault.data_keys.wrapped") from None
        return DataKey(account_id, key, wrapped, master_key)

    def rewrapped(self, held: DataKey) -> DataKey:
        """Wrap a person's key by the current master key; what it seals stays as it is."""
        return self._wrapped(held.account_id, held.key)

    def look_up(self, purpose: str, *parts: str) -> bytes:
        """Give the 32 bytes by which something is found without being readable: HMAC-SHA256 with our key."""
        return hmac.digest(self._look_ups, "\0".join((purpose, *parts)).encode(), "sha256")

    def _wrapped(self, account_id: UUID, key: bytes) -> DataKey:
        nonce = os.urandom(NONCE_BYTES)
        wrapped = nonce + self._masters[self._current].encrypt(nonce, key, _wrapping(account_id))
        return DataKey(account_id, key, wrapped, self._current)


def keyring(chosen: Settings | None = None) -> Keyring:
    """Give the keys that the settings name; outside production a master key derives from the secret key."""
    return _keyring(chosen or settings())


@lru_cache(maxsize=4)
def _keyring(chosen: Settings) -> Keyring:
    current = chosen.master_key.get_secret_value().encode() if chosen.master_key else chosen.derived_key("master")
    previous = chosen.previous_master_keys.get_secret_value().split(",") if chosen.previous_master_keys else []
    return Keyring(current, [key.strip().encode() for key in previous if key.strip()], chosen.derived_key("look-ups"))


def sealed_json(key: DataKey, place: str, value: object) -> bytes:
    """Seal a value as JSON."""
    return key.seal(place, to_json(value))


def opened_json(key: DataKey, place: str, sealed: bytes) -> object:
    """Open what `sealed_json` sealed. Raises SealBroken."""
    value: object = from_json(key.open(place, sealed))
    return value


def address_look_up(keys: Keyring, address: str) -> bytes:
    """Give what finds an e-mail address, however it is capitalised."""
    return keys.look_up("address", address.lower())


def identity_of(keys: Keyring, first_name: str, last_name: str, birth_date: date | str) -> bytes:
    """Give what one person is found by, whoever enrols them: accents, capitals, hyphens and the order of names aside.

    birth_date: ISO 8601 where it is text.
    """
    names = sorted((_letters(first_name), _letters(last_name)))
    return keys.look_up("identity", *names, str(birth_date))


def _letters(name: str) -> str:
    """Reduce a name to what two clerks write alike: its letters and digits, without accents and capitals.

    A name in a script without such letters stays as it is.
    """
    decomposed = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    letters = "".join(sign for sign in decomposed if sign.isalnum())
    return letters or decomposed.strip()


def _name(master: bytes) -> str:
    return sha256(b"ecopanier/master-name" + master).hexdigest()[:16]


def _wrapping(account_id: UUID) -> bytes:
    return f"vault.data_keys.wrapped/{account_id}".encode()
