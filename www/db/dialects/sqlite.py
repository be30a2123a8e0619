"""The SQL of SQLite."""

from __future__ import annotations

from www.db.compile import quoted


class SQLiteDialect:
    """Placeholders and full text (FTS5) as SQLite writes them."""

    __slots__ = ()
    name = "sqlite"

    def placeholder(self, number: int) -> str:  # noqa: ARG002 - SQLite counts by itself
        """Return `?`."""
        return "?"

    def full_text_query(self, terms: tuple[tuple[str, ...], ...], *, prefix: bool) -> str:
        """Write terms as FTS5 strings, in which only the doubled quote is special."""
        written = ['"' + " ".join(term).replace('"', '""') + '"' for term in terms]
        return " ".join(written) + (" *" if prefix else "")

    def full_text_match(self, table: str) -> str:
        """Return `table MATCH `."""
        return f"{quoted(table)} MATCH "

    def full_text_rank(self, table: str, weights: tuple[float, ...]) -> str:
        """Return BM25; FTS5 counts better hits further below zero."""
        return f"bm25({', '.join([quoted(table), *(repr(float(w)) for w in weights)])})"
