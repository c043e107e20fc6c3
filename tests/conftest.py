"""What every test may rely on: repeatable examples, and `compiled` tests only where JIT is on."""

import os
import signal
from collections import defaultdict

import numba
import pytest
from hypothesis import settings

import fastgd.comparing.bandwidth

# A shell starts what it runs in the background with Ctrl-C ignored, and processes inherit that.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Of a test that plain Python takes: it is there to meet every line. `benchmarks.mutants` asks for
# more.
MAX_CASES = int(os.environ.get("FASTGD_MAX_CASES", "8"))

# The first example of a property compiles, so no deadline; the same examples in every run.
settings.register_profile("fastgd", deadline=None, derandomize=True)
settings.load_profile("fastgd")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In a run without machine code, skip what needs it, and of many cases of a test take some."""
    if not numba.config.DISABLE_JIT:
        return
    cases = defaultdict(list)
    for item in items:
        if item.get_closest_marker("compiled"):
            item.add_marker(pytest.mark.skip(reason="needs compiled code"))
        cases[item.nodeid.partition("[")[0]].append(item)
    chosen = {item for alike in cases.values() for item in alike[:: -(-len(alike) // MAX_CASES)]}
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = [item for item in items if item in chosen]


if numba.config.DISABLE_JIT:  # plain Python reads megabytes, not gigabytes a second
    fastgd.comparing.bandwidth.BYTES = 1 << 16
