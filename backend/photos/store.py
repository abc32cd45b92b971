"""The store of photos' pictures."""

from typing import Final, TypeAlias, get_args

from backend.files.store import FileStore, Kind, file_store
from backend.photos.pictures import Size
from backend.photos.problems import PhotoStoreUnavailable
from backend.settings import Settings

WEBP: Final = "image/webp"
PHOTOS: Final = Kind("photos", get_args(Size), WEBP, "webp", PhotoStoreUnavailable, by_address=True)
PhotoStore: TypeAlias = FileStore


def photo_store_of(settings: Settings) -> PhotoStore:
    """Return the store for photos' pictures that the settings name."""
    return file_store(settings, PHOTOS, settings.supabase_photos_bucket)
