"""Languages: which one a reader gets, its catalogue, and how it writes dates and numbers.

English is the source, so it needs no catalogue. The compiled catalogues in `www/locale` are
committed, so that neither a clone nor an installed package needs Babel at run time;
`python -m www.i18n.catalog` makes them, and a test keeps them fresh.
"""

from www.i18n.formats import Formats
from www.i18n.messages import N_, Message
from www.i18n.negotiation import LANGUAGES, negotiate
from www.i18n.translations import translate, translations

__all__ = ["LANGUAGES", "N_", "Formats", "Message", "negotiate", "translate", "translations"]
