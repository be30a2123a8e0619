"""The engine of these tests is PostgreSQL's; `own_server` is one that may be stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests import postgres as servers
from tests.db.conftest import TABLES
from www.db import Engine
from www.db.dialects.postgres import PostgresDialect
from www.db.schema.ddl import create_all


@pytest.fixture
async def engine(postgres_address: str) -> AsyncIterator[Engine]:
    async with Engine(postgres_address) as engine:
        yield engine


@pytest.fixture(scope="module")
def own_server() -> Iterator[servers.Server]:
    with servers.own() as server:
        yield server


@pytest.fixture
def own_address(own_server: servers.Server) -> str:
    url: str = own_server.database()
    servers.execute(url, create_all(TABLES, PostgresDialect()))
    return url
