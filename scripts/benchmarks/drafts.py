"""Measure drafts from photos: the time besides the model's own, and the memory of many at once."""

import io
import random
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from uuid import uuid4

import psutil
from PIL import Image, ImageDraw

from scripts.benchmarks.figures import Figure
from scripts.benchmarks.ground import Ground, Program
from scripts.benchmarks.world import MERCHANT, numbered
from scripts.stand_ins.gemini import GeminiStandIn

MODEL_SECONDS = 0.4  # the stand-in's delay before each answer
WIDTH, HEIGHT = 4000, 3000  # 12 megapixels
AT_ONCE = 20
BOUNDARY = "------------------------photo"
MIB = 2**20


def drafts(ground: Ground) -> list[Figure]:
    """Measure the time that a draft adds to the model's (median, ms), and the memory that 20 at once add (MiB)."""
    picture = _a_photo()
    with GeminiStandIn(delay=MODEL_SECONDS) as gemini:
        settings = {"GEMINI_API_KEY": gemini.api_key, "GEMINI_BASE_URL": gemini.base_url}
        api = ground.served("drafting", settings)
        body = _form(picture)
        token = ground.tokens.issue(numbered("account", MERCHANT), uuid4())
        for _ in range(3):
            _draft(api, token, body)
        added = [_draft(api, token, body) - gemini.seconds[-1] for _ in range(10 * ground.amounts.rounds)]
        asked = len(gemini.requests)
        grown = _growth(api, token, body)
    size = f"{len(picture) / MIB:.1f} MiB, {WIDTH} by {HEIGHT}"
    detail = f"{size}; p99 {statistics.quantiles(added, n=100)[98] * 1000:.0f} ms; the model asked {asked} times"
    return [
        Figure(
            "a draft, besides the model's time", 150, statistics.median(added) * 1000, detail, at_most=True, unit=" ms"
        ),
        Figure(
            f"memory that {AT_ONCE} photos at once add",
            150,
            grown / MIB,
            f"resident; {size}",
            at_most=True,
            unit=" MiB",
        ),
    ]


def _growth(api: Program, token: str, body: bytes) -> int:
    """Return by how many bytes at most the process grows while photos are sent and read."""
    process = psutil.Process(api.process.pid)
    before = largest = process.memory_info().rss
    over = threading.Event()

    def look() -> None:
        nonlocal largest
        while not over.wait(0.005):
            largest = max(largest, process.memory_info().rss)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        with ThreadPoolExecutor(AT_ONCE) as people:
            list(people.map(lambda _: _draft(api, token, body), range(2 * AT_ONCE)))
    finally:
        over.set()
        looking.join()
    return largest - before


def _draft(api: Program, token: str, body: bytes) -> float:
    """Send a photo and return the seconds until its draft has arrived."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    connection = HTTPConnection("127.0.0.1", api.port, timeout=60)
    began = time.perf_counter()
    connection.request("POST", "/v1/lots/drafts", body, headers)
    answer = connection.getresponse()
    said = answer.read()
    took = time.perf_counter() - began
    connection.close()
    assert answer.status == 201, said
    return took


def _form(picture: bytes) -> bytes:
    shop = numbered("shop", 1)
    return b"".join(
        (
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="shop_id"\r\n\r\n{shop}\r\n'.encode(),
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\n'.encode(),
            b"Content-Type: image/jpeg\r\n\r\n" + picture + f"\r\n--{BOUNDARY}--\r\n".encode(),
        )
    )


def _a_photo() -> bytes:
    """Return a JPEG like a telephone's: 12 megapixels with shapes and grain."""
    chance = random.Random(12)  # noqa: S311  a picture, not a secret
    image = Image.effect_noise((WIDTH, HEIGHT), 24).convert("RGB")
    drawing = ImageDraw.Draw(image, "RGBA")
    for _ in range(150):
        left, top = chance.randrange(WIDTH), chance.randrange(HEIGHT)
        colour = (*(chance.randrange(256) for _ in range(3)), 160)
        drawing.ellipse((left, top, left + chance.randrange(80, 600), top + chance.randrange(80, 400)), fill=colour)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=85)
    return file.getvalue()
