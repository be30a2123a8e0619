"""A process that tries to open a file, to read and to write, and tells what came of it."""

import asyncio
import sys
from pathlib import Path

from www.db import Column, DatabaseError, Engine, Table


class Author(Table):
    id = Column(int, primary_key=True, autoincrement=True)
    name = Column(str)


async def main(path: Path) -> None:
    try:
        async with Engine(path) as engine:
            tell(str(await engine.count(Author.select())))
            await engine.insert(Author(name="x"))
    except DatabaseError as error:
        tell(f"{type(error).__name__}: {error}")
    else:
        tell("written")


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")


# Not in asyncio's debug mode, which tells on standard error how slow a machine is.
asyncio.run(main(Path(sys.argv[1])), debug=False)
