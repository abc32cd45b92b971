"""Measure the memory of one API process under load."""

import threading

import psutil

from scripts.benchmarks import http_load
from scripts.benchmarks.figures import Figure
from scripts.benchmarks.ground import CLIENTS, Ground

EVERY_SECONDS = 0.25
MIB = 2**20


def memory(ground: Ground) -> list[Figure]:
    """Measure the largest resident size during reservations and searches, in MiB."""
    amounts = ground.amounts
    largest = 0
    over = threading.Event()

    def look() -> None:
        nonlocal largest
        while not over.wait(EVERY_SECONDS):
            largest = max(largest, ground.api.process.memory_info().rss)

    reservations = http_load.reservations(ground.tokens, amounts.accounts, amounts.lots)
    http_load.send_each(ground.api.port, reservations, clients=CLIENTS, expected=201)
    looking = threading.Thread(target=look)
    looking.start()
    try:
        for requests, expected in ((reservations, 201), (http_load.searches(), 200)):
            http_load.send(
                ground.api.port, requests, clients=CLIENTS, seconds=max(2, amounts.seconds), expected=expected
            )
    finally:
        over.set()
        looking.join()
    detail = f"resident, including shared memory; {_own(ground.api.process)}"
    return [Figure("memory of one API process under load", 160, largest / MIB, detail, at_most=True, unit=" MiB")]


def _own(process: psutil.Process) -> str:
    proportional = getattr(process.memory_full_info(), "pss", None)
    return "proportional size unknown here" if proportional is None else f"proportional {proportional / MIB:.0f} MiB"
