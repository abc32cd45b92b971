"""The problems that photos can answer with."""

from backend.problems.problem import Problem


class PhotoTooLarge(Problem):
    """Raised when an uploaded photo has more than 10 MB."""

    code, status = "photo.too_large", 413


class PhotoTooManyPixels(Problem):
    """Raised when an uploaded photo has more than 25 megapixels."""

    code, status = "photo.too_many_pixels", 422


class PhotoTooManyScans(Problem):
    """Raised when a progressive JPEG has so many scans that decoding it would take seconds."""

    code, status = "photo.too_many_scans", 422


class PhotoUnreadable(Problem):
    """Raised when an uploaded photo is not a complete picture."""

    code, status = "photo.unreadable", 422


class PhotoOfWrongType(Problem):
    """Raised when an uploaded photo is not a JPEG, PNG, WebP or HEIC file, whatever its name says."""

    code, status = "photo.wrong_type", 415
    headers = {"Accept": "image/jpeg, image/png, image/webp, image/heic"}  # noqa: RUF012  read-only, as Problem declares it


class PhotoDecoderUnavailable(Problem):
    """Raised when no process can be started now to decode an uploaded photo, whatever is in it."""

    code, status = "photo.decoder_unavailable", 503
    headers = {"Retry-After": "5"}  # noqa: RUF012  read-only, as Problem declares it


class PhotoNotFound(Problem):
    """Raised when a photo does not exist or the caller may not see it."""

    code, status = "photo.not_found", 404


class PhotoStoreUnavailable(Problem):
    """Raised when the store of photos cannot save or read a file now."""

    code, status = "photo.store_unavailable", 503
    headers = {"Retry-After": "5"}  # noqa: RUF012  read-only, as Problem declares it
