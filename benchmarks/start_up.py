"""asv: a fresh process until fastgd is imported, and until its first fit is done."""

import os
import subprocess
import sys
import tempfile

FIT = """
import numpy as np, fastgd
X = np.random.default_rng(0).standard_normal((1000, 3))
fastgd.fit(X, X @ [1.0, 2.0, 3.0])
"""


def python(code, **environment):
    """Run code in a new process; what goes wrong there is an error here."""
    subprocess.run([sys.executable, "-c", code], env=os.environ | environment, check=True)


class StartUp:
    """Seconds of a new process; the interpreter's own start included."""

    number, repeat, warmup_time, timeout = 1, (3, 5, 10.0), 0.0, 120

    def setup(self):
        python(FIT)

    def time_import(self):
        python("import fastgd")

    def time_first_fit_warm(self):
        python(FIT)

    def time_first_fit_cold(self):
        with tempfile.TemporaryDirectory() as folder:
            python(FIT, NUMBA_CACHE_DIR=folder)
