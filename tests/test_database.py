"""What the settings of the database do to the engine that the server opens."""

from pathlib import Path

import pytest

from www import database
from www.db import Timeout
from www.settings import Db

COUNTING = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n{}) SELECT max(i) AS m FROM n"
)


async def test_a_statement_is_given_up_after_its_time(tmp_path: Path):
    db = Db(database=tmp_path / "www.db", statement_timeout_s=1)
    async with database.opened(db) as engine:
        with pytest.raises(Timeout):
            await engine.raw(COUNTING.format(""))


@pytest.mark.parametrize(("budget_ms", "interrupted"), [(1, 1), (1000, 0)])
async def test_a_statement_leaves_the_loop_after_its_budget(tmp_path: Path, budget_ms, interrupted):
    db = Db(database=tmp_path / "www.db", loop_budget_ms=budget_ms)
    async with database.opened(db) as engine:
        assert await engine.raw(COUNTING.format(" WHERE i < 100000")) == [{"m": 100_000}]
        assert engine.driver.activity().ever["reads_interrupted"] == interrupted
