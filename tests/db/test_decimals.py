"""Decimals are exact on both databases: order, comparisons, arithmetic and sums as Python has them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.postgres import emptied, execute
from www.db import (
    BadValue,
    Check,
    Column,
    Engine,
    Index,
    InvalidCursor,
    StatementError,
    Table,
    average,
    case,
    coalesce,
    count,
    largest,
    row_number,
    smallest,
    total,
)
from www.db.decimals import EXACT, from_text, to_text
from www.db.dialects.postgres import PostgresDialect
from www.db.drivers.sqlite.lane import Options
from www.db.schema.ddl import create_all
from www.db.schema.migrate import Migration, apply


class _Sale(Table, name="sales"):
    id = Column(int, primary_key=True, autoincrement=True)
    amount = Column(Decimal, unique=True)
    price = Column(Decimal, precision=12, scale=2, default=Decimal(0))
    rate = Column(Decimal, nullable=True)
    quantity = Column(int, default=1)
    shop = Column(str, default="")

    by_price = Index(price.desc(), id)
    not_tiny = Check(price > Decimal("-1000.5"))


Sale: Any = _Sale  # ints and Decimals mix here as type checkers do not like it


@pytest.fixture(scope="session")
def _sales(postgres) -> str:
    url: str = postgres.database()
    execute(url, create_all([Sale], PostgresDialect()))
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    if request.param == "postgres":
        return str(emptied(request.getfixturevalue("_sales")))
    apply(Options(path=tmp_path / "x.db"), [Migration(1, "sales", create_all([Sale]))])
    return tmp_path / "x.db"


@pytest.fixture
async def engine(address: Path | str) -> AsyncIterator[Engine]:
    async with Engine(address) as engine:
        yield engine


AMOUNTS = [
    Decimal(text)
    for text in ("-1E+20", "-100.5", "-100.49", "-1", "-0.1", "-0.09", "-1E-20", "0", "1E-20",
                 "0.09", "0.1", "0.11", "0.9", "1", "1.0000000000000000000000000001", "2", "9.99", "10",
                 "10.01", "99", "100", "1E+20", "100000000000000000000.5")
]  # fmt: skip


@pytest.fixture
async def sales(engine: Engine) -> list[Any]:
    rows = [Sale(amount=amount, rate=amount) for amount in reversed(AMOUNTS)]
    await engine.insert_many(rows)
    return rows


def _is_storable(number: Decimal) -> bool:
    return abs(int(number.as_tuple().exponent)) < 400 and abs(number.adjusted()) < 400


DECIMALS = st.decimals(allow_nan=False, allow_infinity=False).filter(_is_storable)


@given(DECIMALS, DECIMALS)
def test_its_text_sorts_as_the_numbers_do(first: Decimal, second: Decimal):
    texts = to_text(first), to_text(second)
    assert (texts[0] < texts[1], texts[0] == texts[1]) == (first < second, first == second)
    assert from_text(texts[0]) == first


async def test_it_orders_and_compares(engine: Engine, sales):
    assert await engine.scalars(Sale.select(Sale.amount).order_by(Sale.amount)) == AMOUNTS
    for limit in AMOUNTS:
        below = Sale.select(Sale.amount).where(Sale.amount < limit).order_by(Sale.amount)
        assert await engine.scalars(below) == [amount for amount in AMOUNTS if amount < limit]
    between = Sale.select(Sale.amount).where(Sale.amount.between(Decimal("-0.1"), 1))
    assert await engine.count(between) == sum(Decimal("-0.1") <= a <= 1 for a in AMOUNTS)
    listed = Sale.select(Sale.amount).where(Sale.amount.in_([Decimal("1.000"), 2, Decimal("1E2")]))
    assert await engine.scalars(listed.order_by(Sale.amount)) == [1, 2, 100]


async def test_it_compares_columns_of_different_scale(engine: Engine):
    await engine.insert(Sale(amount=Decimal("1.5"), price=Decimal("1.50"), rate=Decimal("1.4999")))
    assert await engine.exists(Sale.select(Sale.id).where(Sale.amount == Sale.price))
    assert await engine.exists(Sale.select(Sale.id).where(Sale.rate < Sale.price))
    assert await engine.exists(Sale.select(Sale.id).where(Sale.price > Decimal("1.499999")))


async def test_it_gives_the_digits_that_the_column_has(engine: Engine):
    row = await engine.insert(Sale(amount=Decimal("100.00"), price=3, rate=Decimal("1E+2")))
    found = await engine.one(Sale.select().where(Sale.id == row.id))
    assert (str(found.amount), str(found.price), str(found.rate)) == ("100", "3.00", "100")
    sums = Sale.select(total(Sale.price).label("price"), total(Sale.amount).label("amount"))
    assert [str(value) for value in (await engine.tuples(sums))[0]] == ["3.00", "100"]


async def test_it_sums_exactly(engine: Engine, sales):
    found = (await engine.tuples(Sale.select(
        total(Sale.amount).label("sum"), average(Sale.amount).label("mean"),
        largest(Sale.amount).label("most"), smallest(Sale.amount).label("least"),
        total(Sale.amount).filter(Sale.amount < 0).label("debts"),
        count(Sale.amount, distinct=True).label("n"),
    )))[0]  # fmt: skip
    exact = Decimal(0)
    for amount in AMOUNTS:
        exact = EXACT.add(exact, amount)
    debts = Decimal(0)
    for amount in (a for a in AMOUNTS if a < 0):
        debts = EXACT.add(debts, amount)
    mean = float(exact) / len(AMOUNTS)
    assert found == (exact, mean, AMOUNTS[-1], AMOUNTS[0], debts, len(AMOUNTS))


async def test_it_sums_nothing_to_none(engine: Engine):
    sums = Sale.select(total(Sale.amount).label("a"), average(Sale.amount).label("b"))
    assert await engine.tuples(sums) == [(None, None)]


async def test_it_sums_over_windows_and_groups(engine: Engine):
    for number in range(6):
        amount = Decimal(number) + Decimal("0.1")
        await engine.insert(Sale(amount=amount, price=amount, shop="ab"[number % 2]))
    running = total(Sale.price).over(partition_by=Sale.shop, order_by=Sale.id)
    place = row_number().over(order_by=Sale.amount.desc())
    select = Sale.select(running.label("sum"), place.label("place")).order_by(Sale.id)
    assert await engine.tuples(select) == [
        (Decimal("0.10"), 6), (Decimal("1.10"), 5), (Decimal("2.20"), 4), (Decimal("4.20"), 3),
        (Decimal("6.30"), 2), (Decimal("9.30"), 1),
    ]  # fmt: skip
    groups = Sale.select(Sale.shop, total(Sale.amount).label("sum")).group_by(Sale.shop)
    dear = groups.having(total(Sale.amount) > Decimal("6.3"))
    assert await engine.tuples(dear) == [("b", Decimal("9.3"))]


NUMBERS = st.decimals("-1E9", "1E9", places=6)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None
)
@given(amount=NUMBERS, other=NUMBERS, quantity=st.integers(-(2**40), 2**40))
async def test_it_counts_exactly(engine, amount, other, quantity):
    await engine.run(Sale.delete().all_rows())
    await engine.insert(Sale(amount=amount, rate=other, quantity=quantity))
    values = [
        (Sale.amount + Sale.rate, amount + other),
        (Sale.amount - other, amount - other),
        (Sale.amount * Sale.rate, EXACT.multiply(amount, other)),
        (3 - Sale.amount * 2, 3 - amount * 2),
        (-Sale.amount, -amount),
        (abs(Sale.amount), abs(amount)),
        (Sale.quantity * Sale.amount, EXACT.multiply(Decimal(quantity), amount)),
        (Sale.quantity.as_type(Decimal) + 1, Decimal(quantity + 1)),
        (Sale.amount.as_type(float), float(amount)),
        (Sale.amount / 4, float(amount) / 4.0),
        (Sale.amount / Sale.rate, float(amount) / float(other) if other else None),
        (coalesce(Sale.rate, 0), other),
        (case((Sale.amount > 0, Sale.amount), otherwise=0), max(amount, Decimal(0))),
    ]
    for expression, expected in values:
        found = await engine.scalar(Sale.select(expression.label("value")))
        assert (found, type(found)) == (expected, type(expected))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None
)
@given(amount=st.decimals("-1E6", "1E6", places=5))
async def test_it_rounds_into_a_column_alike(engine, amount):
    await engine.run(Sale.delete().all_rows())
    row = await engine.insert(Sale(amount=amount))
    amount_twice = Sale.select((Sale.amount * 2).label("amount"), Sale.amount.label("price"))
    rounded = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if rounded <= Decimal("-1000.5") or not amount:
        return
    await engine.run(Sale.update(price=Sale.amount).where(Sale.id == row.id))
    assert (await engine.one(Sale.select())).price == rounded
    await engine.run(Sale.insert_from(amount_twice.add(Sale.quantity, Sale.shop)))
    prices = await engine.scalars(Sale.select(Sale.price).order_by(Sale.id))
    assert prices == [rounded, rounded]


async def test_it_says_that_a_result_does_not_fit(engine: Engine):
    await engine.insert(Sale(amount=Decimal("1E10")))
    with pytest.raises(BadValue):
        await engine.run(Sale.update(price=Sale.amount).all_rows())
    await engine.run(Sale.update(price=Sale.quantity).all_rows())
    assert str(await engine.scalar(Sale.select(Sale.price))) == "1.00"


async def test_it_keeps_unique_numbers_apart_from_their_spelling(engine: Engine):
    await engine.insert(Sale(amount=Decimal("1.50")))
    assert await engine.run(Sale.insert({"amount": Decimal("1.5"), "price": 0,
                            "rate": None, "quantity": 1, "shop": ""}).or_ignore(Sale.amount)) == 0  # fmt: skip


async def test_it_pages_by_decimals(engine: Engine, sales):
    select = Sale.select(Sale.amount).order_by(Sale.amount.desc())
    seen, cursor = [], None
    while True:
        page = await engine.page(select, after=cursor, size=4)
        seen += [row.amount for row in page.rows]
        if (cursor := page.next) is None:
            break
    assert seen == AMOUNTS[::-1]
    with pytest.raises(InvalidCursor):
        await engine.page(select, after="WyJhYmMiLDFd", size=4)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Sale.quantity > Sale.amount,
        lambda: Sale.amount == Sale.shop,
        lambda: Sale.amount * 1.5,
        lambda: Sale.amount % 2,
        lambda: Sale.shop - "a",
        lambda: total(Sale.shop),
        lambda: Sale.insert_from(Sale.select(Sale.shop.label("amount"))),
    ],
)
def test_it_refuses_what_the_databases_would_do_differently(wrong):
    with pytest.raises(StatementError):
        wrong()
