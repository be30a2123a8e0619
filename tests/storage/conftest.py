import pytest

from www.storage import LocalStorage


@pytest.fixture
async def storage(tmp_path):
    async with LocalStorage(tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def stored_paths(tmp_path):
    """What lies in the data folder: a function, for tests ask before and after."""

    def paths():
        return sorted(
            path.name
            for path in (tmp_path / "data").rglob("*")
            if path.is_file() and path.name != ".lock"
        )

    return paths
