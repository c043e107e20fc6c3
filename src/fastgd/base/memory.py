"""How much memory is available."""

import math
import os
import re
from contextlib import suppress
from pathlib import Path

MEMORY_LIMITS = (
    (Path("/proc/meminfo"), r"MemAvailable:\s+(\d+) kB", 1024),
    (Path("/sys/fs/cgroup/memory.max"), r"(\d+)", 1),
)


def check_memory(rows: int, features: int, itemsize: int, advice: str) -> None:
    """Raise an error if a table does not fit in the available memory."""
    needed, available = rows * features * itemsize, available_memory()
    if needed > available:
        raise ValueError(
            f"{rows:,} rows x {features:,} features need {needed / 1e9:,.1f} GB of memory and "
            f"{available / 1e9:,.1f} GB are available; {advice}."
        )


def available_memory() -> float:
    """Return the available bytes, infinity if the system does not report them."""
    found = [math.inf]
    if hasattr(os, "sysconf"):
        found.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    for path, pattern, unit in MEMORY_LIMITS:
        with suppress(OSError):
            if match := re.search(pattern, path.read_text()):
                found.append(int(match[1]) * unit)
    return min(found)
