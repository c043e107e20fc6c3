"""Timings are taken where they are asked for, and nothing else runs beside them."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
COMMAND = "pytest tests/speed --benchmark-only -n 0"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what is timed in ordinary runs."""
    if not config.getoption("--benchmark-only", default=False):
        for item in items:
            if HERE in item.path.parents:
                item.add_marker(pytest.mark.skip(reason=f"is timed: {COMMAND}"))
