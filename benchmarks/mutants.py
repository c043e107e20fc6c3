"""Single faults in a copy of the package: do the tests notice each of them?

``python -m benchmarks.mutants [--room NAME] [--list] [-j N]``

The table is in ``faults/*.toml``: a snippet of a file, what replaces it, why that harms, and the
tests that have to fail. Every fault is put into a temporary copy of the tree and the tests are run
there; the working tree is never touched. The exit status is 1 if a fault survives, if a snippet is
not found exactly once, or if the tests fail even without a fault.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TABLES = Path(__file__).with_name("faults")
COPIED = ("src", "tests", "benchmarks", "examples", "docs", "pyproject.toml", "README.md",
          "CONTRIBUTING.md", "CHANGELOG.md")  # fmt: skip
CASES = 50  # of each test, where it runs as plain Python
SECONDS = 900  # that the tests of one fault may take: a fault may make them wait forever

NOTICED, SURVIVED, EQUIVALENT = "noticed", "SURVIVED", "equivalent"
NOT_FOUND, UNSOUND = "SNIPPET NOT FOUND", "TESTS FAIL WITHOUT IT"
GOOD = (NOTICED, EQUIVALENT)


@dataclass(frozen=True)
class Fault:
    """One row of the table."""

    room: str
    file: str  # below src/fastgd
    old: str  # occurs exactly once
    new: str
    harm: str  # what a user would suffer
    tests: str  # files of tests, or single ones as pytest names them
    compiled: bool = False  # the tests need machine code
    equivalent: str = ""  # why no test can notice it

    @property
    def is_found(self) -> bool:
        """Return True if the snippet occurs exactly once."""
        return (ROOT / "src/fastgd" / self.file).read_text(encoding="utf-8").count(self.old) == 1


def read_table() -> list[Fault]:
    """Return all faults."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(TABLES.glob("*.toml"))]
    return [Fault(**row) for text in texts for row in tomllib.loads(text)["fault"]]


class Workplace:
    """A folder for one run of the tests after another."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.cache = folder / "tree", folder / "cache"

    def run(self, tests: str, compiled: bool, fault: Fault | None = None) -> int | None:
        """Return the exit status of the tests in a new copy of the tree, None if they hang."""
        shutil.rmtree(self.tree, ignore_errors=True)
        self.tree.mkdir(parents=True)
        skipped = shutil.ignore_patterns("__pycache__", "_build", "auto_examples", ".*")
        for name in COPIED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, self.tree / name, **({"ignore": skipped} if source.is_dir() else {}))
        if fault is not None:
            path = self.tree / "src/fastgd" / fault.file
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
            if fault.file == "compose.py":  # the names of kernels do not depend on it
                shutil.rmtree(self.cache, ignore_errors=True)
        command = [sys.executable, "-m", "pytest", "-n", "0", "-x", "-q", "-p", "no:cacheprovider"]
        settings = {
            "PYTHONPATH": str(self.tree / "src"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "NUMBA_CACHE_DIR": str(self.cache),
            "NUMBA_DISABLE_JIT": "0" if compiled else "1",
            "FASTGD_MAX_CASES": str(CASES),
        }
        try:
            return subprocess.run(
                [*command, *tests.split()],
                cwd=self.tree,
                env=os.environ | settings,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return None


def judge(fault: Fault, place: Workplace, sound: dict[tuple[str, bool], bool]) -> str:
    """Return what became of a fault."""
    if not fault.is_found:
        return NOT_FOUND
    if fault.equivalent:
        return EQUIVALENT
    if not all(sound[key] for key in keys_of(fault)):
        return UNSOUND
    return SURVIVED if place.run(fault.tests, fault.compiled, fault) in (0, 5) else NOTICED


def keys_of(fault: Fault) -> list[tuple[str, bool]]:
    """Return each file of tests that a fault needs, and whether compiled."""
    return [(name, fault.compiled) for name in fault.tests.split()]


def judge_all(faults: list[Fault], jobs: int) -> Iterator[tuple[Fault, str]]:
    """Yield each fault and what became of it, in the order of the table."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        places: SimpleQueue[Workplace] = SimpleQueue()
        for k in range(jobs):
            places.put(Workplace(Path(folder) / str(k)))

        def in_some_place(call: Callable[[Workplace], Any]) -> Any:
            place = places.get()
            try:
                return call(place)
            finally:
                places.put(place)

        asked = [*dict.fromkeys(key for f in faults if not f.equivalent for key in keys_of(f))]
        passed = pool.map(lambda key: in_some_place(lambda place: place.run(*key) == 0), asked)
        sound = dict(zip(asked, passed, strict=True))
        verdicts = pool.map(lambda f: in_some_place(lambda place: judge(f, place, sound)), faults)
        yield from zip(faults, verdicts, strict=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--room", help="the faults of one room only")
    parser.add_argument("--list", action="store_true", help="show the table, run nothing")
    parser.add_argument("-j", type=int, default=1, metavar="N", help="so many at a time")
    options = parser.parse_args()
    faults = [fault for fault in read_table() if options.room in (None, fault.room)]
    if not faults:
        parser.error(f"there is no fault in the room {options.room!r}")
    if options.list:
        for fault in faults:
            print(f"{fault.room:<14} {fault.file:<26} {fault.harm}")
        return 0
    bad = 0
    for fault, verdict in judge_all(faults, max(1, options.j)):
        bad += verdict not in GOOD
        why = f" ({fault.equivalent})" if verdict == EQUIVALENT else ""
        print(f"{verdict:<12} {fault.room:<14} {fault.harm}{why}", flush=True)
    print(f"{len(faults)} faults, {bad} of them not noticed")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
