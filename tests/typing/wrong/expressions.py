"""Mistakes in conditions that both checkers report, with mypy's word and pyright's."""

from tests.typing.tables import Author, Book
from www.db import Expression, date_part, lower, string_agg

select = Book.select()
select.where(True)  # expect: arg-type reportArgumentType
select.where(Book.pages)  # expect: arg-type reportArgumentType
select.where(Book.title == 3)  # expect: arg-type reportArgumentType
select.where(Book.pages == "3")  # expect: arg-type reportArgumentType
select.where(Book.pages != Book.title)  # expect: operator reportOperatorIssue
select.where(Book.out_at == "2026-11-22")  # expect: arg-type reportArgumentType
select.where(Author.role == "redaer")  # expect: arg-type reportArgumentType
select.having(Book.pages)  # expect: arg-type reportArgumentType
select.join(Author, on=True)  # expect: arg-type reportArgumentType
a = Book.title < 3  # expect: operator reportOperatorIssue
b = Book.pages >= "3"  # expect: operator reportOperatorIssue
c = Book.pages < Book.title  # expect: operator reportOperatorIssue
d = Book.pages.in_(["3"])  # expect: list-item reportArgumentType
e = Book.pages.between("1", 2)  # expect: arg-type reportArgumentType
f = Book.title.is_(True)  # expect: arg-type reportArgumentType
g = Book.pages.contains("3")  # expect: misc reportAttributeAccessIssue
h = Book.title.contains(3)  # expect: arg-type reportArgumentType
i = Book.pages + "3"  # expect: operator reportOperatorIssue
j = Book.title + 3  # expect: operator reportOperatorIssue
k = Book.pages + 2.5  # expect: operator reportOperatorIssue
m = Book.title / 2  # expect: operator reportOperatorIssue
n = Book.title["a"]  # expect: misc reportIndexIssue
o = Book.pages & Book.in_print  # expect: misc reportOperatorIssue
p = (Book.pages > 1) & True  # expect: operator reportOperatorIssue
q = ~Book.title  # expect: misc reportOperatorIssue
r = lower(Book.pages)  # expect: type-var reportArgumentType
s = date_part("year", Book.title)  # expect: arg-type reportArgumentType
t = date_part("yaer", Book.out_at)  # expect: arg-type reportArgumentType
v = string_agg(Book.pages, ", ")  # expect: arg-type reportArgumentType
w: Expression[int] = Book.title  # expect: assignment reportAssignmentType
x: Expression[str] = Book.subtitle  # expect: assignment reportAssignmentType
