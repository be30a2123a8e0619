"""Every type to its ends, alike on both databases: what goes in comes out, or is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.postgres import emptied, execute
from www.db import BadValue, Column, Engine, Table
from www.db.dialects.postgres import PostgresDialect
from www.db.drivers.sqlite.lane import Options
from www.db.schema.ddl import create_all
from www.db.schema.migrate import Migration, apply

from .conftest import Colour


class Size(IntEnum):
    SMALL = -(2**63)
    LARGE = 2**63 - 1


class Kind(Enum):
    FIRST = "it's"
    SECOND = "😀"


class Sample(Table):
    id = Column(int, primary_key=True, autoincrement=True)
    number = Column(int, nullable=True)
    text = Column(str, nullable=True)
    yes = Column(bool, nullable=True)
    real = Column(float, nullable=True)
    exact = Column(Decimal, nullable=True)
    price = Column(Decimal, nullable=True, precision=20, scale=3)
    blob = Column(bytes, nullable=True)
    moment = Column(datetime, nullable=True)
    day = Column(date, nullable=True)
    clock = Column(time, nullable=True)
    span = Column(timedelta, nullable=True)
    data = Column(dict, nullable=True)
    items_ = Column(list, nullable=True)
    guid = Column(UUID, nullable=True)
    colour = Column(Colour, nullable=True)
    size = Column(Size, nullable=True)
    kind = Column(Kind, nullable=True)


@pytest.fixture(scope="session")
def _samples(postgres) -> str:
    url: str = postgres.database()
    execute(url, create_all([Sample], PostgresDialect()))
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    if request.param == "postgres":
        return str(emptied(request.getfixturevalue("_samples")))
    apply(Options(path=tmp_path / "x.db"), [Migration(1, "samples", create_all([Sample]))])
    return tmp_path / "x.db"


@pytest.fixture
async def engine(address: Path | str) -> AsyncIterator[Engine]:
    async with Engine(address) as engine:
        yield engine


FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12, minutes=-34))
DEEP: Any = []
for _ in range(498):
    DEEP = [DEEP]

KEPT: list[tuple[str, list[Any]]] = [
    ("number", [0, -1, 2**63 - 1, -(2**63)]),
    ("text", ["", "😀 中文 é \u202e", "'\"\\%_$1?:x;--/*", "\ufeff\u0001\x7f\r\n\t", "x" * 2**20]),
    ("yes", [True, False]),
    ("real", [0.0, 0.1 + 0.2, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
              -1.7976931348623157e308, 2.0**53 + 1, float("inf"), float("-inf")]),
    ("exact", [Decimal(0), Decimal("1E+20"), Decimal("-1E-20"), Decimal("0.1"), Decimal("9" * 1000),
               Decimal(f"-{'7' * 1000}.{'3' * 1000}"), Decimal("1E-1000"), Decimal(2**64)]),
    ("price", [Decimal("0.000"), Decimal("99999999999999999.999"), Decimal("-0.001")]),
    ("blob", [b"", b"\0", bytes(range(256)), bytes(10 * 2**20)]),
    ("moment", [FIRST, LAST, datetime(2026, 1, 1, 0, 0, 0, 1, UTC), datetime(1969, 12, 31, tzinfo=UTC)]),
    ("day", [date.min, date.max, date(2024, 2, 29)]),
    ("clock", [time.min, time.max, time(9, 30, 0, 1)]),
    ("span", [timedelta(0), timedelta(days=-1, microseconds=1), timedelta(microseconds=2**63 - 1),
              timedelta(microseconds=-(2**63))]),
    ("data", [{}, {"": [None, 1.5, "é😀", {"a": []}], "n": 2**70, "-": -(10**300), "f": 1e300, "g": 1e22,
                   "s": 'e+ 1e+5 "1e+5" \\', "t": 5e-324, "u": "\\u0000", "v": "\\\\u0000"}]),
    ("items_", [[], DEEP, [True, None, 0.5, "\u2028"]]),
    ("guid", [UUID(int=0), UUID(int=2**128 - 1)]),
    ("colour", list(Colour)),
    ("size", list(Size)),
    ("kind", list(Kind)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "values"), KEPT, ids=[name for name, _ in KEPT])
async def test_it_keeps_every_type_to_its_ends(engine: Engine, name, values):
    for value in values:
        stored = await engine.insert(Sample(**{name: value}))
        found = await engine.get(Sample, stored.id)
        assert found is not None
        assert found[name] == value
        assert isinstance(found[name], type(value))
        if name not in {"data", "items_"}:
            same = Sample.select(Sample.id).where(getattr(Sample, name) == value)
            assert await engine.scalars(same) == [stored.id]


async def test_it_keeps_floats_and_ints_apart_in_json(engine: Engine):
    data = {"float": 1e22, "int": 10**22, "small": 1.0}
    row = await engine.insert(Sample(data=data))
    found = await engine.one(Sample.select().where(Sample.id == row.id))
    assert found.data is not None
    assert {key: type(value) for key, value in found.data.items()} == {
        key: type(value) for key, value in data.items()
    }


async def test_it_stores_no_negative_zero(engine: Engine):
    row = await engine.insert(Sample(real=-0.0, exact=Decimal("-0"), price=Decimal("-0.000")))
    found = await engine.get(Sample, row.id)
    assert found is not None
    assert [str(found[key]) for key in ("real", "exact", "price")] == ["0.0", "0", "0.000"]


@pytest.mark.parametrize("zone", [EAST, WEST, timezone(timedelta(seconds=1))])
async def test_it_keeps_the_moment_of_every_zone(engine: Engine, zone):
    given = datetime(2026, 7, 1, 12, 30, 45, 999_999, zone)
    row = await engine.insert(Sample(moment=given))
    found = await engine.scalar(Sample.select(Sample.moment).where(Sample.moment == given))
    assert found is not None
    assert (found, found.tzinfo, row.moment) == (given, UTC, given)


def _nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"a": value}
    return value


REFUSED = [
    ("number", 2**63, "65 bits do not fit"),
    ("number", -(2**63) - 1, "do not fit"),
    ("number", 1.0, "expected an int, got float"),
    ("text", "a\0b", "text with a NUL at position 1"),
    ("text", "\udcff", "lone surrogate at position 0"),
    ("real", float("nan"), "NaN is no number"),
    ("real", 10**400, "does not fit a float"),
    ("exact", Decimal("NaN"), "NaN is no number"),
    ("exact", Decimal("sNaN"), "sNaN is no number"),
    ("exact", Decimal("-Infinity"), "-Infinity is no number"),
    ("exact", Decimal("1E+1000"), "too many digits"),
    ("exact", Decimal("1E-1001"), "too many digits"),
    ("exact", Decimal("1E+999999"), "too many digits"),
    ("exact", 0.1, "expected a Decimal, got float"),
    ("exact", True, "expected a Decimal, got bool"),
    ("exact", "1", "expected a Decimal, got str"),
    ("price", Decimal("0.0001"), "more than 3 digits behind the point"),
    ("price", Decimal("1E+17"), "more than 17 digits before the point"),
    ("moment", datetime(2026, 1, 1), "the naive"),  # noqa: DTZ001
    ("moment", datetime.min.replace(tzinfo=EAST), "not between the years 1 and 9999"),
    ("moment", datetime.max.replace(tzinfo=WEST), "not between the years 1 and 9999"),
    ("moment", date(2026, 1, 1), "expected a datetime"),
    ("day", FIRST, "expected a date"),
    ("clock", time(1, tzinfo=UTC), "without a zone"),
    ("span", timedelta.max, "do not fit"),
    ("data", {"a": float("nan")}, "cannot be stored as JSON"),
    ("data", {"a": float("inf")}, "cannot be stored as JSON"),
    ("data", {"a\0": 1}, "NUL"),
    ("data", {"\ud800": 1}, "lone surrogate"),
    ("data", _nested(501), "nested more than 500 deep"),
    ("data", _nested(100_000), "nested more than 500 deep"),
    ("guid", "00000000-0000-0000-0000-000000000000", "expected a UUID"),
    ("colour", "green", "expected one of red, blue"),
    ("size", 3, "expected one of"),
    ("kind", "x'", "expected one of it's"),
    ("blob", "text", "expected bytes"),
]


@pytest.mark.parametrize(("name", "value", "message"), REFUSED, ids=range(len(REFUSED)))
async def test_it_refuses_alike_and_names_the_column(engine: Engine, name, value, message):
    with pytest.raises(BadValue) as error:
        await engine.insert(Sample(**{name: value}))
    assert str(error.value).startswith(f"samples.{name}: ")
    assert message in str(error.value)
    with pytest.raises(BadValue, match=f"^samples.{name}: "):
        await engine.run(Sample.update(**{name: value}).all_rows())
    assert await engine.count(Sample.select()) == 0
