"""The secrets of API clients: `eco_`, 256 random bits and a checksum, so that scanners find leaked ones in code."""

import secrets
from binascii import crc32
from hashlib import sha256

BEGINS = "eco_"
SHOWN_CHARACTERS = 12
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM_DIGITS = 43  # 62 ** 43 > 2 ** 256
_CHECK_DIGITS = 6  # 62 ** 6 > 2 ** 32


def new_secret() -> str:
    """Return a new secret."""
    return secret_of(secrets.randbits(256))


def secret_of(bits: int) -> str:
    """Return the secret of 256 bits: `eco_[0-9A-Za-z]{49}`, whose last six digits are a CRC-32 of the others."""
    random = _written(bits, _RANDOM_DIGITS)
    return BEGINS + random + _check(random)


def is_well_formed(secret: str) -> bool:
    """Return whether a text can be a secret of ours: how it begins, its length and its checksum."""
    digits = secret.removeprefix(BEGINS)
    random, check = digits[:_RANDOM_DIGITS], digits[_RANDOM_DIGITS:]
    return secret.startswith(BEGINS) and digits.isascii() and len(digits) == 49 and check == _check(random)


def secret_hash(secret: str) -> bytes:
    """Return what the database keeps of a secret. Nobody can try 256 random bits, so a plain hash is enough."""
    return sha256(secret.encode()).digest()


def shown(secret: str) -> str:
    """Return the first characters of a secret, by which people recognise it."""
    return secret[:SHOWN_CHARACTERS]


def _check(random: str) -> str:
    return _written(crc32(random.encode()), _CHECK_DIGITS)


def _written(number: int, digits: int) -> str:
    written = ""
    for _ in range(digits):
        number, digit = divmod(number, len(_DIGITS))
        written = _DIGITS[digit] + written
    return written
