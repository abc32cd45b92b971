"""Why a photo is not taken, kept or shown."""

from backend.problems.problem import Problem


class PhotoTooLarge(Problem):
    """A photo may have at most 10 MB."""

    code, status = "photo.too_large", 413


class PhotoTooManyPixels(Problem):
    """A photo may have at most 25 megapixels."""

    code, status = "photo.too_many_pixels", 422


class PhotoUnreadable(Problem):
    """This file is not a whole picture; take or choose another one."""

    code, status = "photo.unreadable", 422


class PhotoOfWrongType(Problem):
    """A photo is a JPEG, PNG, WebP or HEIC file, whatever its name says."""

    code, status = "photo.wrong_type", 415
    headers = {"Accept": "image/jpeg, image/png, image/webp, image/heic"}  # noqa: RUF012  read-only, as Problem declares it


class PhotoNotFound(Problem):
    """There is no such photo, or you may not see it."""

    code, status = "photo.not_found", 404


class PhotoStoreUnavailable(Problem):
    """Photos cannot be kept or shown at the moment; try again shortly."""

    code, status = "photo.store_unavailable", 503
    headers = {"Retry-After": "5"}  # noqa: RUF012  read-only, as Problem declares it
