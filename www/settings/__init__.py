"""Every setting, typed and frozen, and the one function that reads them."""

from www.settings.reading import (
    KNOWN,
    PREVIOUS,
    TARGET,
    SettingsError,
    default_file,
    load,
    load_other,
)
from www.settings.sections import Db, Log, Server, Settings, Site
from www.settings.storing import Files, Limits, Pictures, Storage

__all__ = [
    "KNOWN",
    "PREVIOUS",
    "TARGET",
    "Db",
    "Files",
    "Limits",
    "Log",
    "Pictures",
    "Server",
    "Settings",
    "SettingsError",
    "Site",
    "Storage",
    "default_file",
    "load",
    "load_other",
]
