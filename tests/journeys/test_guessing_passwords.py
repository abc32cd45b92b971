"""Guessing passwords: locks per name, device and network address, with a control; malformed sign-ins are refused."""

import asyncio
import hashlib
from datetime import timedelta
from typing import Any

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from backend.accounts import passwords
from backend.settings import settings
from tests.town import Town
from tests.town.answers import refusal_in
from tests.visitors import PASSWORD, Visitor, mails

WRONG = "not the right password"
PHONE, LAPTOP = "phone-secret-of-thirty-two-letters", "laptop-secret-of-thirty-two-letters"


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make hashes cheap, for tests that count hundreds of sign-ins."""
    monkeypatch.setattr(passwords, "_argon2", PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),)))
    monkeypatch.setattr(passwords, "NOBODYS", passwords._argon2.hash("nobody's"))


async def guesses(visitor: Visitor, times: int, name: str = "amina@example.org") -> None:
    for _ in range(times):
        await visitor.sends_sign_in(name, WRONG)


@pytest.mark.usefixtures("quick_hashes")
async def test_ten_wrong_passwords_lock_a_name_for_15_minutes(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins("amina@example.org")
    await amina.joins("other@example.org")
    # From ten IP addresses and in different spellings, it is still one name.
    for number in range(10):
        await guesses(Visitor(town), 1, f" {'AMINA' if number % 2 else 'amina'}@Example.org ")

    anywhere = Visitor(town)
    locked = await anywhere.tries_to_sign_in()
    await anywhere.signs_in("other@example.org")
    await town.clock(await town.now() + timedelta(minutes=16))
    await anywhere.signs_in()

    assert (locked.status, locked.code) == (429, "auth.too_many_tries")
    assert 800 < int(locked.headers["Retry-After"]) <= 900


async def test_control_without_the_count_wrong_passwords_lock_nothing(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    await guesses(Visitor(town), 10)

    await town.changes("delete from app.throttles")

    await Visitor(town).signs_in()


@pytest.mark.usefixtures("quick_hashes")
async def test_the_right_password_resets_the_count_of_its_name(town: Town) -> None:
    await Visitor(town).joins()
    for _ in range(2):
        amina = Visitor(town)
        await guesses(amina, 9)
        await amina.signs_in()


@pytest.mark.usefixtures("quick_hashes")
async def test_a_known_device_signs_in_while_a_stranger_guesses(town: Town) -> None:
    amina, stranger, travelling = Visitor(town), Visitor(town), Visitor(town)
    await amina.joins()
    await stranger.joins("stranger@example.org")
    await amina.signs_in(device=PHONE)
    await stranger.signs_in("stranger@example.org", device=LAPTOP)
    await guesses(stranger, 10)

    for nobody_s in ({}, {"device": LAPTOP}, {"device": "another-device-that-nobody-has-seen"}):
        assert (await travelling.tries_to_sign_in(**nobody_s)).code == "auth.too_many_tries"
    for _ in range(2):
        await travelling.signs_in(device=PHONE)
        await amina.signs_in()  # without a secret, she is known by the address and user agent that she confirmed from
    # The stranger's count goes on: a sign-in from a known device does not give a guesser new tries.
    assert (await stranger.tries_to_sign_in(password=WRONG)).code == "auth.too_many_tries"


@pytest.mark.usefixtures("quick_hashes")
async def test_another_user_agent_behind_the_same_address_is_a_stranger(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    await guesses(Visitor(town), 10)

    form = {"username": "amina@example.org", "password": PASSWORD}
    other = refusal_in(await amina.asks("POST", "/auth/token", form=form, headers={"User-Agent": "another"}))

    assert other.code == "auth.too_many_tries"
    await amina.signs_in()


@pytest.mark.usefixtures("quick_hashes")
async def test_a_known_device_has_ten_tries_of_its_own(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    for device in (PHONE, LAPTOP):
        await amina.signs_in(device=device)
    answers = [await amina.sends_sign_in(password=WRONG, device=PHONE) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert (await amina.tries_to_sign_in(device=PHONE)).code == "auth.too_many_tries"
    await amina.signs_in(device=LAPTOP)
    await Visitor(town).signs_in()


@pytest.mark.usefixtures("quick_hashes")
async def test_a_mailed_link_gets_through_a_lock(town: Town) -> None:
    stranger, abroad = Visitor(town), Visitor(town)
    await Visitor(town).joins()
    await guesses(stranger, 10)
    locked = await abroad.tries_to_sign_in()

    await abroad.posts("/auth/forgot-password", {"email": "amina@example.org"})
    token = (await mails(town))[-1].token
    await abroad.posts("/auth/reset-password", {"token": token, "password": PASSWORD, "device": PHONE})
    await abroad.signs_in()
    await guesses(stranger, 10)

    assert locked.code == "auth.too_many_tries"
    assert (await Visitor(town).tries_to_sign_in()).code == "auth.too_many_tries"
    await Visitor(town).signs_in(device=PHONE)  # the device that chose the new password is known


@pytest.mark.usefixtures("quick_hashes")
async def test_a_reset_unlocks_a_beneficiary_s_code_and_address(town: Town) -> None:
    enrolled = await (await town.an_association()).enrols()
    amina, names = Visitor(town), ("amina@example.org", enrolled["code"])
    await amina.posts(
        "/auth/activate",
        {"activation_token": enrolled["activation_token"], "password": PASSWORD, "email": "amina@example.org"},
    )
    await amina.confirms(password=PASSWORD)
    for name in names:
        await guesses(Visitor(town), 10, name)
        assert (await Visitor(town).tries_to_sign_in(name)).code == "auth.too_many_tries"

    await amina.posts("/auth/forgot-password", {"email": "amina@example.org"})
    await amina.posts("/auth/reset-password", {"token": (await mails(town))[-1].token, "password": PASSWORD})

    for name in names:
        await Visitor(town).signs_in(name)


@pytest.mark.usefixtures("quick_hashes")
async def test_a_new_password_forgets_the_devices_that_knew_the_old_one(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    await amina.signs_in(device=PHONE)
    await amina.posts("/auth/forgot-password", {"email": "amina@example.org"})
    elsewhere = Visitor(town)
    await elsewhere.posts("/auth/reset-password", {"token": (await mails(town))[-1].token, "password": PASSWORD})
    await guesses(Visitor(town), 10)

    for known_before in (amina.tries_to_sign_in(), amina.tries_to_sign_in(device=PHONE)):
        assert (await known_before).code == "auth.too_many_tries"
    await elsewhere.signs_in()


@pytest.mark.usefixtures("quick_hashes")
async def test_devices_are_hashed_and_the_twenty_latest_are_known(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()  # from a device without a secret, the first that is forgotten
    devices = [f"{number:02d}-{PHONE}" for number in range(22)]
    for day, device in enumerate(devices):
        await amina.signs_in(device=device)
        await town.changes("update app.devices set last_used_on = last_used_on - 1")
        assert await town.value("select count(*) from app.devices") == min(day + 2, 20)

    await guesses(Visitor(town), 10)
    known = [(await amina.sends_sign_in(device=device)).status_code for device in (devices[21], devices[2], devices[1])]
    assert known == [200, 200, 429]
    kept = str(await town.rows("select device_hash from app.devices"))
    assert PHONE not in kept
    assert hashlib.sha256(devices[21].encode()).digest().hex() not in kept


@pytest.mark.usefixtures("quick_hashes")
async def test_concurrent_guesses_count_like_sequential_ones(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()

    answers = await asyncio.gather(*(Visitor(town).sends_sign_in(password=f"{WRONG} {n}") for n in range(25)))

    assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 15


@pytest.mark.usefixtures("quick_hashes")
async def test_fifty_failures_from_one_ip_address_lock_nobody_else_there(town: Town) -> None:
    amina, elsewhere = Visitor(town), Visitor(town)
    neighbour, guesser = Visitor(town, amina.address), Visitor(town, amina.address)
    for name in ("amina", "neighbour", "target"):
        await elsewhere.joins(f"{name}@example.org")
    answers = await asyncio.gather(*(guesser.sends_sign_in(f"person{n}@example.org", WRONG) for n in range(50)))

    assert {answer.status_code for answer in answers} == {401}
    for _ in range(3):
        await amina.signs_in("amina@example.org")
    # A mistyped password is forgiven; whoever guesses has two tries a name, and no more for a right one in between.
    assert (await neighbour.tries_to_sign_in("neighbour@example.org", WRONG)).code == "auth.wrong_credentials"
    await neighbour.signs_in("neighbour@example.org")
    tries = [await guesser.sends_sign_in("target@example.org", WRONG) for _ in range(3)]
    assert [answer.status_code for answer in tries] == [401, 401, 429]
    assert (await guesser.tries_to_sign_in("target@example.org")).code == "auth.too_many_tries"
    await elsewhere.signs_in("target@example.org")  # the account itself is not locked


@pytest.mark.usefixtures("quick_hashes")
async def test_many_correct_sign_ins_from_one_ip_address_are_not_limited(town: Town) -> None:
    amina = Visitor(town)
    await amina.joins()
    answers = [await amina.sends_sign_in() for _ in range(52)]

    assert {answer.status_code for answer in answers} == {200}
    # Signing in between guesses does not give more of them.
    for _ in range(5):
        await asyncio.gather(*(amina.sends_sign_in(f"person{n}@example.org", WRONG) for n in range(10)))
        await amina.signs_in()
    assert [(await amina.sends_sign_in("person0@example.org", WRONG)).status_code for _ in range(3)] == [401, 401, 429]


@pytest.mark.usefixtures("quick_hashes")
async def test_rate_limits_off_still_locks_a_guessed_account(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOPANIER_RATE_LIMITS", "off")
    settings.cache_clear()
    amina = Visitor(town)
    await amina.joins()
    await asyncio.gather(*(amina.sends_sign_in(f"person{n}@example.org", WRONG) for n in range(51)))
    for _ in range(3):
        assert (await amina.sends_sign_in("person0@example.org", WRONG)).status_code == 401
    await guesses(amina, 10)

    assert (await amina.tries_to_sign_in()).code == "auth.too_many_tries"


@pytest.mark.parametrize(
    ("path", "body", "most"),
    [
        ("/auth/register", {}, 30),
        ("/auth/forgot-password", {}, 20),
        ("/auth/reset-password", {}, 20),
        ("/auth/activate", {}, 20),
        ("/auth/verify-email", {}, 60),
        ("/auth/refresh", {}, 300),
    ],
)
async def test_each_auth_route_is_limited_by_ip_address(
    lasting_town: Town, path: str, body: dict[str, Any], most: int
) -> None:
    visitor = Visitor(lasting_town)
    answers = [await visitor.asks("POST", path, body) for _ in range(most + 1)]
    elsewhere = await Visitor(lasting_town).asks("POST", path, body)

    assert [answer.status_code for answer in answers] == [422] * most + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert elsewhere.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b'{"refresh_token": "\\u0000"}',
        b'{"refresh_token": "\\ud800"}',
        b'{"refresh_token": NaN}',
        b'{"refresh_token": ["x"]}',
        b'{"refresh_token": "x", "role": "admin"}',
        b'{"refresh_token": ""}',
        b'{"refresh_token": "' + b"x" * 201 + b'"}',
        b"\xff",
    ],
)
async def test_malformed_bodies_are_refused(lasting_town: Town, body: bytes) -> None:
    for path in ("refresh", "logout"):
        answer = await lasting_town.request(
            "POST", f"/v1/auth/{path}", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 422


@pytest.mark.parametrize(
    "form",
    [
        b"username=a%00b&password=x",
        b"username=amina@example.org",
        b"password=x",
        b"username=a&password=x&role=admin",
        b"username=a&password=x&grant_type=client_credentials",
        b"username=" + b"a" * 1001 + b"&password=x",
        b"username=a&password=" + b"a" * 1001,
        b"",
    ],
)
async def test_malformed_sign_in_forms_are_refused(lasting_town: Town, form: bytes) -> None:
    answer = await lasting_town.request(
        "POST", "/v1/auth/token", content=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert refusal_in(answer).status == 422


@pytest.mark.parametrize("form", [b"username=%ed%a0%80&password=%ed%a0%80", b"username=\xff&password=\xff"])
async def test_invalid_utf_8_credentials_are_refused_as_wrong(lasting_town: Town, form: bytes) -> None:
    answer = await lasting_town.request(
        "POST", "/v1/auth/token", content=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )

    assert refusal_in(answer).code == "auth.wrong_credentials"
