"""Do the instruments see a slowed kernel, and a slowed loss alone, and nothing where nothing is?

    python -m benchmarks.sensitivity

`asv continuous` and `fastgd compare --against` must both report each of the two, and neither may
report a commit that changes nothing. Exits with status 1 otherwise. Some three minutes.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
FILES = ("asv.conf.json", "pyproject.toml", "README.md", "LICENSE", ".gitignore")
COPIED = ("src", "benchmarks", *FILES)
BENCH = r"speed.Epoch.time_epoch\('stochastic', 10, 'float64 C'\)"
RACE = (
    *("compare", "--rows", "200000", "--features", "10", "--threads", "1", "--repeats", "9"),
    *("--runs", "stochastic", "--peers", "none", "--time-limit", "1"),
)
DRAG = "1e-300 * math.sin(math.sin(math.sin(math.sin({})))) "  # changes no result, costs time
# What changes, in which file, and by which replacements.
CHANGES = {
    "nothing": ("README.md", {"# fastgd\n": "# fastgd \n"}),
    "a kernel": (
        "src/fastgd/kernels/rows.py",
        {
            "from fastgd.kernels._jit": "import math\n\nfrom fastgd.kernels._jit",
            "    return z\n": f"    return z + {DRAG.format('z')}\n",
        },
    ),
    "a loss": (
        "src/fastgd/losses.py",
        {"    r = z - y\n    return 0.5 * r * r, r": f"    r = z - y + {DRAG.format('z')}\n"
         "    return 0.5 * r * r, r"},
    ),
}  # fmt: skip


def main() -> None:
    """Make the changes one by one on the same base and ask both instruments."""
    failures, began = 0, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        make_repository(copy)
        call("asv", "machine", "--yes", cwd=copy)
        baseline, cache = Path(folder, "before.json"), Path(folder, "numba")
        race(copy, cache, "--json", str(baseline))
        for what, (name, replacements) in CHANGES.items():
            git(copy, "checkout", "--quiet", "--detach", "main")
            change(copy / name, replacements)
            git(copy, "commit", "--quiet", "--all", "--message", what)
            wanted = int(what != "nothing")
            bench = ("--factor", "1.7", "--bench", BENCH)
            instruments = {
                "asv continuous": lambda bench=bench: asv(copy, *bench),
                "--against": lambda: race(copy, cache, "--against", str(baseline)),
            }
            for instrument, run in instruments.items():
                status = run()
                failures += status != wanted
                said = "slower" if status else "no slower"
                judged = "as it should" if status == wanted else "WRONGLY"
                clock = f"{time.perf_counter() - began:4.0f} s"
                print(f"{clock}: {what} slowed: {instrument} says {said}, {judged}", flush=True)
    sys.exit(failures > 0)


def make_repository(copy: Path) -> None:
    """Commit what is installed and benchmarked, as it stands here, to a repository of its own."""
    copy.mkdir()
    for name in COPIED:
        kind = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        kind(ROOT / name, copy / name)
    git(copy, "init", "--quiet", "--initial-branch", "main")
    git(copy, "add", *COPIED)
    git(copy, "commit", "--quiet", "--message", "as it stands")


def git(copy: Path, *arguments: str) -> None:
    """Run git as nobody in particular."""
    identity = ("-c", "user.name=sensitivity", "-c", "user.email=sensitivity@localhost")
    call("git", *identity, *arguments, cwd=copy)


def call(*command: str, cwd: Path, known: Sequence[int] = (0,), **environment: str) -> int:
    """Run a command quietly; show what it said where its status is none of the *known*."""
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True
    )
    if done.returncode not in known:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.returncode


def asv(copy: Path, *options: str) -> int:
    """Return 1 where `asv continuous` finds the last commit slower, else 0."""
    return call("asv", "continuous", *options, "HEAD~1", "HEAD", cwd=copy, known=(0, 1))


def race(copy: Path, cache: Path, *options: str) -> int:
    """Return 1 where `fastgd compare` fails, else 0; the disk cache is the same for all."""
    command = (sys.executable, "-m", "fastgd.cli", *RACE, *options)
    paths = {"PYTHONPATH": str(copy / "src"), "NUMBA_CACHE_DIR": str(cache)}
    return call(*command, cwd=copy, known=(0, 1), **paths)


def change(file: Path, replacements: dict[str, str]) -> None:
    """Replace texts that are each there once."""
    text = file.read_text(encoding="utf-8")
    for old, new in replacements.items():
        if len(re.findall(re.escape(old), text)) != 1:
            sys.exit(f"{file.name} has no longer one place that reads {old!r}.")
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
