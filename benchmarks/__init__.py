"""Speed and convergence of fastgd: asv suites and scripts; README.md says how to run them."""

import os
from pathlib import Path

# A cache per commit: Numba must never serve one commit the machine code of another.
if "ASV_ENV_DIR" in os.environ:
    commit = os.environ.get("ASV_COMMIT", "working-tree")
    os.environ["NUMBA_CACHE_DIR"] = str(Path(os.environ["ASV_ENV_DIR"], "numba", commit))
