"""Do the instruments see a slowed kernel, and a slowed loss alone, and nothing where nothing is?

    python -m benchmarks.sensitivity

`asv continuous` and `fastgd compare --against` must both report each of the two, and the second may
not report a race that changes nothing. Exits with status 1 otherwise. Some two minutes.
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
    *("--runs", "stochastic:learning_rate=0.001", "--peers", "none", "--time-limit", "1"),
)
DRAG = "1e-300 * math.sin(math.sin(math.sin(math.sin({})))) "  # changes no result, costs time
ROWS = ("z0", "z1", "z2", "z3")  # as the kernel calls what it predicts for four rows
# What changes, in which file, and by which replacements.
CHANGES = {
    "a kernel": (
        "src/fastgd/kernels/stochastic.py",
        {
            "import numpy as np\n": "import math\n\nimport numpy as np\n",
            "        z0 += b[0]\n": f"        z0 += b[0] + {' + '.join(map(DRAG.format, ROWS))}\n",
        },
    ),
    "a loss": (
        "src/fastgd/losses/squared_error.py",
        {"    r = z - y\n    return 0.5 * r * r, r": f"    r = z - y + {DRAG.format('z')}\n"
         "    return 0.5 * r * r, r"},
    ),
}  # fmt: skip


def main() -> None:
    """Make the changes one by one on the same base and ask both instruments."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        make_repository(copy)
        call("asv", "machine", "--yes", cwd=copy)
        baseline, cache = Path(folder, "before.json"), Path(folder, "numba")
        race(copy, cache, "--json", str(baseline))
        judged = [judge("nothing", "--against", race(copy, cache, "--against", str(baseline)), 0)]
        for what, (name, replacements) in CHANGES.items():
            git(copy, "checkout", "--quiet", "--detach", "main")
            change(copy / name, replacements)
            git(copy, "commit", "--quiet", "--all", "--message", what)
            judged.append(judge(what, "asv continuous", asv(copy), 1))
            against = race(copy, cache, "--against", str(baseline))
            judged.append(judge(what, "--against", against, 1))
    sys.exit(not all(judged))


def judge(what: str, instrument: str, status: int, wanted: int) -> bool:
    """Print what an instrument said of a change, and whether it should have."""
    said = "slower" if status else "no slower"
    verdict = "as it should" if status == wanted else "WRONGLY"
    print(f"{time.strftime('%X')} {what} slowed: {instrument} says {said}, {verdict}", flush=True)
    return status == wanted


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


def asv(copy: Path) -> int:
    """Return 1 where `asv continuous` finds the last commit slower, else 0."""
    asked = ("--factor", "1.7", "--bench", BENCH, "HEAD~1", "HEAD")
    return call("asv", "continuous", *asked, cwd=copy, known=(0, 1))


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
