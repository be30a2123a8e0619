"""Mistakes with tables and rows that both checkers report, with mypy's word and pyright's."""

from tests.typing.tables import Author, Book
from www.db import Check, Column, ColumnType, ForeignKey, Index


def rows(author: Author, book: Book) -> None:
    author.id = "1"  # expect: assignment reportAttributeAccessIssue
    author.name = None  # expect: assignment reportAttributeAccessIssue
    author.name = b"Ada"  # expect: assignment reportAttributeAccessIssue
    author.role = "reader"  # expect: assignment reportAttributeAccessIssue
    book.price = 5  # expect: assignment reportAttributeAccessIssue
    book.out_at = "2026-11-22"  # expect: assignment reportAttributeAccessIssue
    book.titel = "Notes"  # expect: attr-defined reportAttributeAccessIssue
    print(book.titel)  # expect: attr-defined reportAttributeAccessIssue
    print(Book.titel)  # expect: attr-defined reportAttributeAccessIssue
    print(book.subtitle.upper())  # expect: union-attr reportOptionalMemberAccess
    print(book.pages + book.title)  # expect: operator reportOperatorIssue
    print(author.books[0].name)  # expect: attr-defined reportAttributeAccessIssue
    print(author.books.title)  # expect: attr-defined reportAttributeAccessIssue


Column(str, max_lenght=50)  # expect: call-overload reportCallIssue
Column(str, max_length="50")  # expect: call-overload reportArgumentType
Column("str")  # expect: call-overload reportArgumentType
Column()  # expect: call-overload reportCallIssue
Column(int, on_delete="remove")  # expect: call-overload reportArgumentType
Column(int, references=Author.id)  # expect: call-overload reportArgumentType
Index("name")  # expect: arg-type reportArgumentType
Check(pages=3)  # expect: call-arg reportCallIssue
ColumnType("money", int, int)  # expect: call-arg reportCallIssue
ForeignKey(Author.name, Author.role)  # expect: call-arg reportCallIssue
ForeignKey("name", references=lambda: (Author.name,))  # expect: arg-type reportArgumentType
