"""Check that a mail server that dies, puts off, refuses or hangs loses no notice, and that nobody is told twice."""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from uuid import UUID, uuid4

from scripts.proofs.figures import Outcome
from scripts.proofs.house import House
from scripts.proofs.storms import Weather

NOTICES, NOTICES_IN_A_HURRY = 5_000, 80
KILLS, KILLS_IN_A_HURRY = 3, 1
AT_ONCE = 8  # jobs of a worker, each of which may have a mail in flight when it is killed
LEFT_FOR_A_TROUBLE = 20
REFUSALS = 3  # of all recipients; five of them, with mails taken in between, would give an address up
WITHIN_SECONDS = 900.0
TROUBLES = ("down", "put off", "refuse", "hang", "lose replies", "hang up")

QUEUED = "select count(*) from app.notice_deliveries where state = 'queued' and account_id = any ($1)"


class MailServer:
    """An SMTP server whose behaviour changes: `mood` is one of TROUBLES or "take"."""

    def __init__(self) -> None:
        self.mood = "take"
        self.taken: Counter[str] = Counter()
        self.lost_replies = 0
        self._talks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server
        self.port = 0

    async def open(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Hang up on everybody and refuse connections."""
        self._server.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            writer.close()
            self._talks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def says(reply: bytes) -> None:
            writer.write(reply + b"\r\n")
            await writer.drain()

        await says(b"220 proof")
        while True:
            verb = (await reader.readuntil(b"\r\n")).decode().strip().partition(" ")[0].upper()
            if self.mood == "hang":
                await asyncio.sleep(3600)
            if self.mood == "hang up":
                return
            if verb == "RCPT" and self.mood == "put off":
                await says(b"451 later")
            elif verb == "RCPT" and self.mood == "refuse":
                await says(b"550 no")
            elif verb == "DATA":
                await says(b"354 go on")
                mail = await reader.readuntil(b"\r\n.\r\n")
                known = next(line for line in mail.split(b"\r\n") if line.lower().startswith(b"message-id:"))
                self.taken[known.decode().split(":", 1)[1].strip()] += 1
                if self.mood == "lose replies":
                    self.lost_replies += 1
                    return
                await says(b"250 taken")
            else:
                await says(b"221 bye" if verb == "QUIT" else b"250 ok")
                if verb == "QUIT":
                    return


async def no_notice_is_lost(house: House, outcome: Outcome, weather: Weather) -> None:
    """Queue notices, let the mail server fail in every way and the worker die, then count what arrived."""
    server = MailServer()
    await server.open()
    await asyncio.to_thread(house.worker.stop)
    house.worker.environment = {**house.worker.environment, "SMTP_URL": f"smtp://127.0.0.1:{server.port}"}
    try:
        people = await _people(house, NOTICES_IN_A_HURRY if weather.hurried else NOTICES)
        outcome.figures["notices"] += len(people)
        await asyncio.to_thread(house.worker.start)
        await _troubles(house, outcome, weather, server, people)
        await _calm(house, server, people)
        await _nothing_is_lost(house, outcome, server, people)
    finally:
        await asyncio.to_thread(house.worker.stop)
        house.worker.environment = {n: v for n, v in house.worker.environment.items() if n != "SMTP_URL"}
        await server.close()
        await asyncio.to_thread(house.worker.start)


async def _people(house: House, number: int) -> list[UUID]:
    """Make people with confirmed addresses, each with one notice that is to be mailed."""
    people = [uuid4() for _ in range(number)]
    async with house.sql() as sql, sql.transaction():
        await sql.execute("set local search_path = jobs, pg_catalog")  # the queue's triggers name no schema
        await sql.execute(
            "insert into app.accounts (id, role, display_name, email, email_verified_at)"
            " select x, 'customer', 'P', x || '@example.org', now() from unnest($1::uuid[]) x",
            people,
        )
        await sql.execute("select app.notify(x, 'account_ends', '{}') from unnest($1::uuid[]) x", people)
    return people


async def _troubles(house: House, outcome: Outcome, weather: Weather, server: MailServer, people: list[UUID]) -> None:
    """Go through all troubles, with mails taken between them, and kill the worker now and then."""
    moods = [*TROUBLES] * (1 if weather.hurried else REFUSALS)
    weather.chance.shuffle(moods)
    kills = KILLS_IN_A_HURRY if weather.hurried else KILLS
    for number, mood in enumerate(moods):
        await _no_pauses(house)
        await _top_up(house, outcome, people)
        server.mood = mood
        if mood == "down":
            await server.close()
        await asyncio.sleep(weather.chance.uniform(0.4, 1.2))
        outcome.figures[f"times to {mood}"] += 1
        if number < kills:
            await asyncio.to_thread(house.worker.kill)
            outcome.figures["kills of worker"] += 1
            await asyncio.to_thread(house.worker.start)
        if mood == "down":
            await server.open()
        server.mood = "take"
        await _no_pauses(house)
        await asyncio.sleep(weather.chance.uniform(0.3, 1.0))


async def _top_up(house: House, outcome: Outcome, people: list[UUID]) -> None:
    """Notify more people if few mails are left, so that each trouble meets mails; a fast worker may have sent all."""
    async with house.sql() as sql:
        if await sql.fetchval(QUEUED, people) >= LEFT_FOR_A_TROUBLE:
            return
    people += await _people(house, LEFT_FOR_A_TROUBLE)
    outcome.figures["notices"] += LEFT_FOR_A_TROUBLE


async def _calm(house: House, server: MailServer, people: list[UUID]) -> None:
    server.mood = "take"
    deadline = time.monotonic() + WITHIN_SECONDS
    async with house.sql() as sql:
        while await sql.fetchval(QUEUED, people) and time.monotonic() < deadline:
            await _no_pauses(house)
            await asyncio.sleep(0.5)


async def _no_pauses(house: House) -> None:
    """Let the pauses between two tries pass."""
    async with house.sql() as sql, sql.transaction():
        await sql.execute("set local search_path = jobs, pg_catalog")
        await sql.execute("update app.mail_relay set tried_at = tried_at - interval '31 seconds'")
        await sql.execute(
            "update jobs.procrastinate_jobs set scheduled_at = null"
            " where task_name = 'notices.deliver' and status = 'todo' and scheduled_at is not null"
        )


async def _nothing_is_lost(house: House, outcome: Outcome, server: MailServer, people: list[UUID]) -> None:
    async with house.sql() as sql:
        states = {
            row["state"]: row["count"]
            for row in await sql.fetch(
                "select state, count(*) from app.notice_deliveries where account_id = any ($1) group by 1", people
            )
        }
    twice = sum(times - 1 for times in server.taken.values())
    in_flight = server.lost_replies + AT_ONCE * outcome.figures["kills of worker"]
    outcome.figures["mails taken"] += sum(server.taken.values())
    outcome.figures["replies lost"] += server.lost_replies
    outcome.figures["taken twice"] += twice
    outcome.expect(states == {"sent": len(people)}, f"of {len(people)} notices the mails are {states}")
    outcome.expect(len(server.taken) == len(people), f"{len(server.taken)} of {len(people)} mails arrived")
    outcome.expect(twice <= in_flight, f"{twice} mails came twice, but only {in_flight} were in flight")
