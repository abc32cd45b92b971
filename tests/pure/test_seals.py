"""Seals: a sealed value opens only for its person and place; master keys rotate; look-ups match spelling variants."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.sealing.seals import DataKey, Keyring, MasterKeyMissing, SealBroken, identity_of

OLD, NEW, LOOK_UPS = b"o" * 32, b"n" * 32, b"l" * 32
KEYS = Keyring(OLD, [], LOOK_UPS)
PLACE = "app.beneficiary_persons.sealed"


@given(st.binary(max_size=500))
def test_a_sealed_value_opens_and_does_not_show_its_content(plain: bytes) -> None:
    key = KEYS.new_data_key(uuid4())
    sealed = key.seal(PLACE, plain)
    assert KEYS.data_key(key.account_id, key.wrapped, key.master_key).open(PLACE, sealed) == plain
    assert len(plain) < 4 or plain not in sealed
    assert sealed != key.seal(PLACE, plain)


def test_a_sealed_value_opens_for_no_other_person_or_place() -> None:
    key, other = KEYS.new_data_key(uuid4()), KEYS.new_data_key(uuid4())
    sealed = key.seal(PLACE, b"Amina")
    for broken in (
        lambda: key.open("app.sealed_addresses.sealed", sealed),
        lambda: other.open(PLACE, sealed),
        lambda: key.open(PLACE, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        lambda: key.open(PLACE, b""),
        # The right data key, in another person's row.
        lambda: DataKey(other.account_id, key.key, key.wrapped, key.master_key).open(PLACE, sealed),
        lambda: KEYS.data_key(other.account_id, key.wrapped, key.master_key),
    ):
        with pytest.raises(SealBroken):
            broken()


def test_a_data_key_is_rewrapped_from_the_old_master_key_to_the_new() -> None:
    key = KEYS.new_data_key(uuid4())
    sealed = key.seal(PLACE, b"Amina")
    both, new_alone = Keyring(NEW, [OLD], LOOK_UPS), Keyring(NEW, [], LOOK_UPS)

    with pytest.raises(MasterKeyMissing):
        new_alone.data_key(key.account_id, key.wrapped, key.master_key)
    rewrapped = both.rewrapped(both.data_key(key.account_id, key.wrapped, key.master_key))

    assert rewrapped.master_key == both.current != key.master_key
    assert new_alone.data_key(key.account_id, rewrapped.wrapped, rewrapped.master_key).open(PLACE, sealed) == b"Amina"
    assert OLD.hex()[:16] != KEYS.current


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Zoé", "Müller-Le Goff"), ("ZOE", "MULLER LE GOFF")),
        (("Jean-Pierre", "D'Hondt"), ("jean pierre", "dhondt")),
        (("Amina", "Benali"), ("Benali", "Amina")),
        (("Cœur", "Lætitia"), ("Coeur", "Laetitia")),
    ],
)
def test_spelling_variants_of_a_name_have_the_same_identity(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert identity_of(KEYS, *one, "1990-05-01") == identity_of(KEYS, *other, "1990-05-01")
    assert identity_of(KEYS, *one, "1990-05-01") != identity_of(KEYS, *other, "1990-05-02")
    assert identity_of(KEYS, *one, "1990-05-01") != identity_of(Keyring(OLD, [], NEW), *one, "1990-05-01")


def test_names_in_other_scripts_have_different_identities() -> None:
    assert len({identity_of(KEYS, name, "明", "1990-05-01") for name in ("王", "李", "Али", "علي", "'", "-")}) == 6
