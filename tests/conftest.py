"""What every test may rely on: repeatable examples, and `compiled` tests only where JIT is on."""

import numba
import pytest
from hypothesis import settings

import fastgd.bandwidth

# The first example of a property compiles, so no deadline; the same examples in every run.
settings.register_profile("fastgd", deadline=None, derandomize=True)
settings.load_profile("fastgd")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs machine code in a run that has none."""
    if numba.config.DISABLE_JIT:
        for item in items:
            if item.get_closest_marker("compiled"):
                item.add_marker(pytest.mark.skip(reason="needs compiled code"))


if numba.config.DISABLE_JIT:  # plain Python reads megabytes, not gigabytes a second
    fastgd.bandwidth.BYTES = 1 << 16
