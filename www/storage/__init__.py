"""Contents of files, named by their SHA-256; their names and owners are in the database."""

from www.storage.base import Content, Incoming, Storage, StorageFull, Stored
from www.storage.local import LocalStorage

__all__ = ["Content", "Incoming", "LocalStorage", "Storage", "StorageFull", "Stored"]
