"""From settings to a storage; what a bucket needs is imported only where the settings name one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from www.settings import PREVIOUS, load_other
from www.storage.local import LocalStorage
from www.storage.moving import Moving

if TYPE_CHECKING:
    from www.settings import Settings
    from www.storage.base import Storage
    from www.storage.bucket import Place


def storage_of(settings: Settings) -> Storage:
    """Return the storage that the settings name, not yet entered. Raises SettingsError."""
    current = alone(settings)
    if settings.storage.previous is None:
        return current
    return Moving(current, alone(load_other(settings.storage.previous, os.environ, PREVIOUS)))


def place_of(settings: Settings) -> Place:
    """Return the bucket of the settings."""
    from www.storage.bucket import Place

    s3 = settings.storage
    return Place(
        bucket=s3.bucket,
        endpoint=s3.endpoint or f"https://s3.{s3.region}.amazonaws.com",
        region=s3.region,
        access_key=s3.access_key,
        secret_key=s3.secret_key.get_secret_value(),
        prefix=s3.prefix,
        path_style=s3.path_style,
    )


def origin_for_browsers(settings: Settings, *, uploads: bool = False) -> str:
    """Return the scheme and host of the bucket where browsers are sent there, else nothing.

    They read from it, or with `uploads` write to it.
    """
    s3 = settings.storage
    if s3.kind != "s3" or not (s3.presign_uploads if uploads else s3.presign_downloads):
        return ""
    place = place_of(settings)
    parts = urlsplit(place.address_at(s3.public_endpoint or place.endpoint))
    return f"{parts.scheme}://{parts.netloc}"


def shown(settings: Settings) -> str:
    """Name the storage of the settings for people, without secrets."""
    if settings.storage.kind == "local":
        return f"folder {settings.data / 'files'}"
    place = place_of(settings)
    folder = f", folder {place.prefix}" if place.prefix else ""
    return f"bucket {place.bucket} at {place.endpoint}{folder}"


def alone(settings: Settings) -> Storage:
    """Return the storage of the settings without the one that files are being moved from."""
    min_free_bytes = settings.storage.min_free_bytes
    if settings.storage.kind == "local":
        return LocalStorage(settings.data, min_free_bytes=min_free_bytes)
    from www.storage.links import Links
    from www.storage.s3 import S3Storage

    place, public = place_of(settings), settings.storage.public_endpoint or ""
    links = Links(place, public) if settings.storage.presign_downloads else None
    return S3Storage(
        place,
        settings.data,
        min_free_bytes=min_free_bytes,
        links=links,
        inbox_at=public if settings.storage.presign_uploads else None,
    )
