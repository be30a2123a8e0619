"""docs/db.md: every example runs, in the order of the page."""

import ast
import inspect
import re
from pathlib import Path
from typing import Any

from www.db import Engine
from www.db.drivers.sqlite.lane import Options
from www.db.schema.ddl import create_all
from www.db.schema.migrate import Migration, apply

PAGE = Path(__file__).parents[2] / "docs" / "db.md"


async def test_the_examples_of_the_page_run(tmp_path: Path):
    tables, *examples = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {"__name__": "docs"}
    exec(compile(tables, "docs/db.md", "exec"), names)
    options = Options(path=tmp_path / "docs.db")
    apply(options, [Migration(1, "docs", create_all([names["Author"], names["Book"]]))])
    async with Engine(options.path) as engine:
        names["engine"] = engine
        for example in examples:
            code = compile(example, "docs/db.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            running = eval(code, names)
            if inspect.iscoroutine(running):
                await running
        assert await engine.count(names["Book"].select()) == 1
