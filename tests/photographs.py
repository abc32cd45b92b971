"""Photos for tests to upload: pixels that the test knows, with the metadata and tricks of phones and attackers."""

import io
import struct
import zlib
from typing import Any, BinaryIO, cast

from PIL import ExifTags, Image, ImageCms, ImageOps
from starlette.datastructures import UploadFile

from backend.photos.pictures import Encoded, Pictures, read_photo

RED, BLUE, GREEN, WHITE = (220, 30, 30), (30, 30, 220), (30, 200, 30), (255, 255, 255)

# 64 by 48 pixels, red on the left and blue on the right, as an iPhone writes them; no library here writes HEIC.
HEIC = bytes.fromhex(
    "0000001c6674797068656963000000006d696631686569636d6961660000017d6d657461000000000000002168646c720000000000000000"
    "706963740000000000000000000000000000000022696c6f63000000004440000100010000000001a1000100000000000000210000002369"
    "696e6600000000000100000015696e6665020000000001000068766331000000000e7069746d000000000001000000fd69707270000000dd"
    "6970636f00000076687663430103700000009000000000001ef000fcfdf8f800000f03600001001840010c01ffff03700000030090000003"
    "000003001eba0240610001002a42010103700000030090000003000003001ea020810596eae4a6b9b8086830200000030320000003002162"
    "000100064401c173c08900000013636f6c726e636c780001000d000680000000146973706500000000000000400000004000000028636c61"
    "70000000400000000100000030000000010000000000000002fffffff000000002000000107069786900000000030808080000001869706d"
    "6100000000000000010001058102030584000000296d6461740000001d2801af0418f8ca71d7fff3211f9f80b8623607fcfefa7600bfa00e"
    "eeff"
)


def two_colours(width: int = 800, height: int = 600) -> Image.Image:
    """Return a picture that is red on the left and blue on the right, with a green bottom right corner."""
    picture = Image.new("RGB", (width, height), RED)
    picture.paste(BLUE, (width // 2, 0, width, height))
    picture.paste(GREEN, (width * 3 // 4, height * 3 // 4, width, height))
    return picture


def file_of(picture: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """Return the bytes of a picture in a format that Pillow writes."""
    written = io.BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def jpeg_with_metadata(secret: str) -> bytes:
    """Return a JPEG with `secret` in its EXIF, GPS, thumbnail, XMP, colour profile, comment, and after its end."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = secret
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = secret.encode()
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (48.0, 35.0, 2.0),
            ExifTags.GPS.GPSAreaInformation: secret,
        }
    )
    thumbnail = file_of(two_colours(64, 48), comment=secret.encode())
    exif.get_ifd(ExifTags.IFD.IFD1)[0x0201] = thumbnail
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + secret.encode()
    photo = file_of(
        two_colours(),
        exif=exif,
        xmp=f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{secret}</x:xmpmeta>".encode(),
        icc_profile=profile,
        comment=secret.encode(),
    )
    return photo + thumbnail + secret.encode()


def turned(upright: Image.Image, orientation: int) -> bytes:
    """Return a JPEG as a rotated camera writes it: its EXIF orientation says how to turn it upright."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = {6: 8, 8: 6}.get(orientation, orientation)  # the others are their own inverse
    exposed = upright.copy()
    exposed.info["exif"] = exif.tobytes()
    held = ImageOps.exif_transpose(exposed)
    exif[ExifTags.Base.Orientation] = orientation
    return file_of(held, exif=exif)


def png_bomb(side: int) -> bytes:
    """Return a black PNG with `side` pixels on each side: 81 megapixels take 230 KiB."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    deflate = zlib.compressobj(9)
    row = bytes(1 + 3 * side)
    pixels = b"".join([deflate.compress(row * 64) for _ in range(side // 64)])
    pixels += deflate.compress(row * (side % 64)) + deflate.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def jpeg_of_scans(scans: int, side: int = 64) -> bytes:
    """Return a progressive JPEG whose last scan is repeated, as a file that is small and slow to decode."""
    file = file_of(Image.new("RGB", (side, side), "red"), progressive=True)
    last = file.rindex(b"\xff\xda")
    return file[:last] + file[last:-2] * (scans - file.count(b"\xff\xda") + 1) + file[-2:]


def uploaded(file: bytes) -> UploadFile:
    """Return a file as a route receives it."""
    return UploadFile(cast(BinaryIO, io.BytesIO(file)), size=len(file), filename="../../etc/IMG_0042.JPG")


async def read(file: bytes) -> tuple[Pictures, Encoded]:
    """Return the pictures that the product makes from a file, and their encoded form."""
    pictures = await read_photo(uploaded(file))
    return pictures, await pictures.encoded()


def opened(encoded: bytes) -> Image.Image:
    """Return a picture decoded by Pillow, as any other program would."""
    picture = Image.open(io.BytesIO(encoded))
    picture.load()
    return picture
