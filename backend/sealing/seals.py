"""Sealing (encrypting) what identifies beneficiaries, and the secrets of second factors.

AES-256-GCM, with one data key per person, wrapped by a master key.
Destroying a person's data key makes everything sealed with it unreadable, in every copy and backup. A sealed value is
bound to its place (table, column, row) and opens nowhere else. People are looked up by keyed hashes.

Master keys come from the settings. `ECOPANIER_MASTER_KEY` wraps new data keys; `ECOPANIER_PREVIOUS_MASTER_KEYS` only
unwrap old ones, until `ecopanier keys rotate` has rewrapped them all. Look-ups use a separate key, derived from
`ECOPANIER_SECRET_KEY`, so a rotation does not change it.
"""

import hmac
import os
from collections.abc import Iterable
from dataclasses import dataclass
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
SEALED_SECOND_FACTOR = "app.second_factors.sealed"
SEALED_DIET = "app.diets.sealed"


class SealBroken(Exception):
    """Raised when a value was sealed with another key or for another place, or was altered since."""


class MasterKeyMissing(Exception):
    """Raised when a data key is wrapped by a master key that is not in the settings."""


@dataclass(frozen=True, repr=False)
class DataKey:
    """The data key of one person. The database stores only `wrapped` and `master_key`, the master key's name."""

    account_id: UUID
    key: bytes
    wrapped: bytes
    master_key: str

    def seal(self, place: str, plain: bytes) -> bytes:
        """Return bytes sealed for one column of this person's row. `place`: such as SEALED_PERSON."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, plain, self._row(place))

    def open(self, place: str, sealed: bytes) -> bytes:
        """Return what `seal` sealed for this column of this person's row. Raises SealBroken."""
        try:
            return AESGCM(self.key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], self._row(place))
        except (InvalidTag, ValueError):
            raise SealBroken(place) from None

    def _row(self, place: str) -> bytes:
        return f"{place}/{self.account_id}".encode()


class Keyring:
    """The master keys by name, and the key for look-ups."""

    def __init__(self, current: bytes, previous: Iterable[bytes], look_ups: bytes) -> None:
        self._current = _name(current)
        self._masters = {_name(key): AESGCM(sha256(b"ecopanier/master" + key).digest()) for key in (*previous, current)}
        self._look_ups = look_ups

    @property
    def current(self) -> str:
        """The name of the current master key: 16 hexadecimal digits, which do not reveal the key."""
        return self._current

    @property
    def names(self) -> list[str]:
        """The names of all master keys that can unwrap data keys here."""
        return list(self._masters)

    def new_data_key(self, account_id: UUID) -> DataKey:
        """Return a new random data key for a person."""
        return self._wrapped(account_id, os.urandom(KEY_BYTES))

    def data_key(self, account_id: UUID, wrapped: bytes, master_key: str) -> DataKey:
        """Return a person's unwrapped data key. Raises MasterKeyMissing, SealBroken."""
        if (master := self._masters.get(master_key)) is None:
            raise MasterKeyMissing(master_key)
        try:
            key = master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _wrapping(account_id))
        except (InvalidTag, ValueError):
            raise SealBroken("key_vault.data_keys.wrapped") from None
        return DataKey(account_id, key, wrapped, master_key)

    def rewrapped(self, held: DataKey) -> DataKey:
        """Return a person's data key wrapped by the current master key. What the key sealed does not change."""
        return self._wrapped(held.account_id, held.key)

    def look_up(self, purpose: str, *parts: str) -> bytes:
        """Return the 32-byte keyed hash (HMAC-SHA256) by which a sealed value can be found without opening it."""
        return hmac.digest(self._look_ups, "\0".join((purpose, *parts)).encode(), "sha256")

    def _wrapped(self, account_id: UUID, key: bytes) -> DataKey:
        nonce = os.urandom(NONCE_BYTES)
        wrapped = nonce + self._masters[self._current].encrypt(nonce, key, _wrapping(account_id))
        return DataKey(account_id, key, wrapped, self._current)


def keyring(chosen: Settings | None = None) -> Keyring:
    """Return the keys from the settings. If no master key is set, one is derived from the secret key.

    Production refuses to start without a master key.
    """
    return _keyring(chosen or settings())


@lru_cache(maxsize=4)
def _keyring(chosen: Settings) -> Keyring:
    current = chosen.master_key.get_secret_value().encode() if chosen.master_key else chosen.derived_key("master")
    previous = chosen.previous_master_keys.get_secret_value().split(",") if chosen.previous_master_keys else []
    return Keyring(current, [key.strip().encode() for key in previous if key.strip()], chosen.derived_key("look-ups"))


def sealed_json(key: DataKey, place: str, value: object) -> bytes:
    """Return a value sealed as JSON."""
    return key.seal(place, to_json(value))


def opened_json(key: DataKey, place: str, sealed: bytes) -> object:
    """Return the value that `sealed_json` sealed. Raises SealBroken."""
    value: object = from_json(key.open(place, sealed))
    return value


def address_look_up(keys: Keyring, address: str) -> bytes:
    """Return the keyed hash by which an e-mail address is found, regardless of case."""
    return keys.look_up("address", address.lower())


def _name(master: bytes) -> str:
    return sha256(b"ecopanier/master-name" + master).hexdigest()[:16]


def _wrapping(account_id: UUID) -> bytes:
    return f"vault.data_keys.wrapped/{account_id}".encode()
