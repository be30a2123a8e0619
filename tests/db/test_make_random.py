"""Random tables turned into other random tables: files, tables and ways back agree on both databases."""

import random
import re
import types
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from www.db import Column, Index, MigrationError, Table
from www.db.drivers.postgres.options import Options
from www.db.schema import compare, make, postgres
from www.db.schema.files import read_migrations

DEFAULTS: dict[type, Any] = {int: 1, str: "it's; -- (", bool: True, float: 0.5, dict: dict}
REFUSED = re.compile("cannot change its type|rows that exist need a value")


def tables(chance: random.Random) -> list[type[Table]]:
    """Make up to four tables, which refer to those before them."""
    found: list[Any] = []
    for name in chance.sample(["Ta", "Tb", "Tc", "Td", "Te"], chance.randint(1, 4)):
        body: dict[str, Any] = {
            "id": Column(int, primary_key=True, autoincrement=chance.random() < 0.5)
        }
        if chance.random() < 0.2:
            body = {key: Column(int, primary_key=True) for key in ("k1", "k2")}
        targets = [table for table in found if "id" in table.info.columns]
        for key in chance.sample("uvwxyz", chance.randint(0, 5)):
            body[key] = column(chance, targets)
        for key in body:
            body[key].__set_name__(None, key)
        if "u" in body and body["u"].type.name != "json":
            body["some"] = Index(
                body["u"].desc(), where=chance.choice([None, body["u"].is_not(None)])
            )
        found.append(types.new_class(name, (Table,), {}, writes(body)))
    return found


def writes(body: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    return lambda space: space.update(body)


def column(chance: random.Random, targets: list[Any]) -> Any:
    options: dict[str, Any] = {"nullable": True}
    if targets and chance.random() < 0.3:
        target = chance.choice(targets)
        way: Any = chance.choice(["cascade", "set null", "restrict"])
        return Column(int, references=lambda: target.id, on_delete=way, index=True, **options)
    kind = chance.choice([int, str, bool, float, dict, datetime])
    if kind in DEFAULTS and chance.random() < 0.6:
        options = {"default": DEFAULTS[kind]}
    return Column(kind, index=kind is not dict and chance.random() < 0.3, **options)


@pytest.mark.parametrize("seed", range(12))
def test_it_leads_from_any_tables_to_any_others(tmp_path: Path, postgres, seed: int):
    server = Options(url=postgres.database())
    chance = random.Random(seed)
    made = 0
    while made < 3:
        wanted = tables(chance)
        try:
            make.make(tmp_path, wanted, f"step_{made}")
        except MigrationError as refused:
            if not REFUSED.search(str(refused)):
                raise
            continue
        made += 1
        agree(tmp_path, wanted, server)


def agree(folder: Path, wanted: list[type[Table]], server: Options) -> None:
    files = read_migrations(folder / "sqlite")
    assert compare.difference(wanted, files) == []
    assert compare.not_undone(files) == []
    files = read_migrations(folder / "postgres")
    assert postgres.difference(server, wanted, files) == []
    assert postgres.not_undone(server, files) == []
    assert make.make(folder, wanted, "nothing") == []
