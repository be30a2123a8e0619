"""Contents of files, named by their SHA-256; their names and owners are in the database."""

from www.storage.base import Content, Incoming, Readable, Storage, StorageFull, Stored
from www.storage.local import LocalStorage
from www.storage.opening import origin_for_browsers, shown, storage_of

__all__ = [
    "Content",
    "Incoming",
    "LocalStorage",
    "Readable",
    "Storage",
    "StorageFull",
    "Stored",
    "origin_for_browsers",
    "shown",
    "storage_of",
]
