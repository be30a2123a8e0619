"""Make the catalogues: `python -m www.i18n.catalog extract`, translate, then `... compile`.

Needs Babel, which only developers have. `extract` collects every `_()`, `{% trans %}` and `N_()`
into each language's www.po and keeps its translations; `compile` writes the www.mo beside it, which
is committed, and says which texts are not translated.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from www.i18n.negotiation import LANGUAGES
from www.i18n.translations import DOMAIN, FOLDER

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

_PACKAGE: Final = Path(__file__).resolve().parent.parent
_METHODS: Final = [("**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS: Final = {"templates/**.html": {"trimmed": "true", "silent": "false"}}
_KEYWORDS: Final = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


def collected() -> Catalog:
    """Return every text of the package, sorted by where it stands."""
    from babel.messages.catalog import Catalog
    from babel.messages.extract import extract_from_dir

    catalog = Catalog(domain=DOMAIN, project="www", charset="utf-8")
    for name, _line, message, comments, context in extract_from_dir(
        # Babel would leave out folders that begin with _, as templates/_parts does.
        _PACKAGE,
        _METHODS,
        _OPTIONS,
        _KEYWORDS,
        directory_filter=lambda _folder: True,
    ):
        # No line numbers: each edit of a template would change the whole catalogue.
        catalog.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return catalog


def po_bytes(catalog: Catalog) -> bytes:
    """Return the text form of `catalog` without what changes from run to run."""
    from babel.messages.pofile import write_po

    out = io.BytesIO()
    write_po(out, catalog, include_lineno=False, width=96)
    lines = out.getvalue().decode().splitlines(keepends=True)
    dated = (
        '"POT-Creation-Date',
        '"PO-Revision-Date',
        '"Generated-By',
        '"Last-Translator',
        '"Report-Msgid',
        '"Language-Team',
    )
    return "".join(line for line in lines if not line.startswith(dated)).encode()


def mo_bytes(catalog: Catalog) -> bytes:
    """Return the compiled form of `catalog`."""
    from babel.messages.mofile import write_mo

    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def read_catalog(language: str) -> Catalog:
    """Return the catalogue of `language` as its www.po holds it; empty without one."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import read_po

    file = po_path(language)
    locale = language.replace("-", "_")
    if not file.exists():
        return Catalog(
            locale=locale, domain=DOMAIN, project="www", version="1", fuzzy=False, header_comment=""
        )
    with file.open("rb") as source:
        catalog = read_po(source, locale=locale, domain=DOMAIN)
    catalog.header_comment, catalog.fuzzy = "", False
    # The .mo must depend on nothing but the .po, or it could never be tested for freshness.
    catalog.creation_date = catalog.revision_date = datetime.fromtimestamp(0, UTC)
    return catalog


def po_path(language: str) -> Path:
    """Return where the translation of `language` lies."""
    return FOLDER / language.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"


def translated_languages() -> list[str]:
    """Return the languages that need a catalogue: all but the source."""
    return [language for language in LANGUAGES if language != "en"]


def extract() -> None:
    """Bring each www.po up to date; translations are kept, and none is guessed."""
    template = collected()
    for language in translated_languages():
        catalog = read_catalog(language)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        po_path(language).parent.mkdir(parents=True, exist_ok=True)
        po_path(language).write_bytes(po_bytes(catalog))


def compile_all() -> None:
    """Write each www.mo, and print which texts are still English."""
    for language in translated_languages():
        catalog = read_catalog(language)
        po_path(language).with_suffix(".mo").write_bytes(mo_bytes(catalog))
        missing = [message.id for message in catalog if message.id and not message.string]
        print(f"{language}: {len(missing)} texts without a translation", *missing, sep="\n  ")  # noqa: T201


if __name__ == "__main__":
    commands = {"extract": extract, "compile": compile_all}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        raise SystemExit("usage: python -m www.i18n.catalog extract|compile")
    commands[sys.argv[1]]()
