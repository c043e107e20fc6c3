"""Notebooks: every picture is displayed once, in a real IPython shell that can display images."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import fastgd
from fastgd.plot.notebook import find_notebook

pytest.importorskip("matplotlib", reason="Matplotlib draws")
pytest.importorskip("IPython", reason="IPython displays")

# Runs cells as the kernel of a notebook does, and prints what each displays: as its value (Out) or
# by `display`, the kinds of image alone.
SHELL = """
    import json, sys
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell

    shown = []

    class Hook(DisplayHook):
        def write_format_data(self, format_dict, md_dict=None):
            shown.append(["Out", *sorted(set(format_dict) - {"text/plain"})])

        def write_output_prompt(self):
            pass

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, **keywords):
            shown.append(["display", *sorted(set(data) - {"text/plain"})])

    class Shell(InteractiveShell):
        def enable_gui(self, gui=None):
            pass  # inline has none

    shell = Shell.instance(displayhook_class=Hook, display_pub_class=Publisher)
    found = []
    for cell in json.load(sys.stdin):
        shown.clear()
        shell.run_cell(cell, store_history=True).raise_error()
        found.append(list(shown))
    print(json.dumps(found))
"""
SETUP = """
import fastgd
plot = fastgd.plot
X, y, _ = fastgd.datasets.make_regression(60, 1, random_state=0)
result = fastgd.fit(X, y, "batch", learning_rate=0.5, max_iter=3, record_path=True)
comparison = fastgd.compare(X, y, ["batch"], repeats=1)
def cost(w): return (w - 1) ** 2
least = fastgd.minimize(cost, 3.0, learning_rate=0.1, max_iter=5)
"""
PNG, SVG, FILM = "image/png", "image/svg+xml", "text/html"
AXES = ["Out"]  # nothing but their text
CELLS = [  # and what each displays
    ("result.plot()", [AXES, ["display", PNG]]),
    ("least.plot()", [AXES, ["display", PNG]]),
    ("comparison.plot()", [["Out", PNG]]),
    ("plot.plot_comparison(comparison);", [["display", PNG]]),
    ("plot.plot_loss(result)", [AXES, ["display", PNG]]),
    ("plot.plot_descent_1d(cost, least)", [AXES, ["display", PNG]]),
    ("plot.plot_descent_2d((X, y), result)", [AXES, ["display", PNG]]),
    ("plot.plot_learning_rates(X, y, max_iter=2)", [AXES, ["display", PNG]]),
    ("plot.plot_batch_sizes(X, y, batch_sizes=[60], repeats=1)", [AXES, ["display", PNG]]),
    ("plot.animate((X, y), result, frames=2)", [["Out", FILM]]),
    ("film = plot.animate((X, y), result, frames=2)", [["display", FILM]]),
    ("film = plot.animate((X, y), result, 'film.gif', frames=2)", [["display", FILM]]),
    ("film", [["Out", FILM]]),
    ("1", [AXES]),
    ("ax = result.plot(); 1", [AXES, ["display", PNG]]),
    ("ax = result.plot(); ax.set_title('mine');", [["display", PNG]]),
    ("ax = result.plot()\nax.figure", [["Out", PNG]]),
    ("ax.figure", [["Out", PNG]]),
    ("ax = result.plot(ax=ax)", [["display", PNG]]),  # ours, drawn into again
    ("result.plot(); result.plot();", [["display", PNG], ["display", PNG]]),
    ("for _ in range(3): ax = plot.plot_loss(result, ax=ax)", [["display", PNG]]),
    ("try: plot.plot_descent_2d((X, y), [])\nexcept ValueError: pass", []),
    ("import matplotlib.pyplot as plt", []),
    ("result.plot()", [AXES, ["display", PNG]]),
    ("comparison.plot()", [["Out", PNG]]),
    ("fig, ax = plt.subplots(); result.plot(ax=ax)", [AXES, ["display", PNG]]),  # by pyplot
    (
        "plt.close('all'); x = plt.figure().subplots(); y_ = comparison.plot()",
        [["display", PNG]] * 2,
    ),
    ("get_ipython().run_line_magic('config', 'InlineBackend.figure_formats = [\"svg\"]')", []),
    ("result.plot()", [AXES, ["display", SVG]]),
    ("comparison.plot()", [["Out", SVG]]),
]


def run_apart(code, folder, **keywords):
    path = os.pathsep.join(filter(None, [str(Path(fastgd.__file__).parents[1]), *sys.path]))
    inline = "module://matplotlib_inline.backend_inline"  # as the kernel of a notebook sets it
    environment = {
        **os.environ,
        "PYTHONPATH": path,
        "MPLBACKEND": inline,
        "IPYTHONDIR": str(folder),
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True, text=True, cwd=folder, env=environment, **keywords,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.compiled
@pytest.mark.parametrize(
    "first",
    [
        "",
        pytest.param("import matplotlib.pyplot", marks=pytest.mark.slow),
        pytest.param(
            "get_ipython().run_line_magic('matplotlib', 'inline')", marks=pytest.mark.slow
        ),
    ],
)
def test_every_picture_is_displayed_once_whoever_imported_pyplot(first, tmp_path):
    cells = [f"{first}\n{SETUP}", *(cell for cell, _ in CELLS)]
    _, *found = json.loads(run_apart(SHELL, tmp_path, input=json.dumps(cells)))
    differ = {
        cell: (got, wanted)
        for (cell, wanted), got in zip(CELLS, found, strict=True)
        if got != wanted
    }
    assert differ == {}


TERMINAL = """
    import sys
    from IPython.terminal.interactiveshell import TerminalInteractiveShell
    shell = TerminalInteractiveShell.instance()
    shell.run_cell("from fastgd.plot.notebook import find_notebook; found = find_notebook()")
    print(repr(shell.user_ns["found"]))
"""
SCRIPT = """
    import IPython, fastgd
    from fastgd.plot.notebook import find_notebook, pending
    X, y, _ = fastgd.datasets.make_regression(60, 1, random_state=0)
    fastgd.fit(X, y, "batch", learning_rate=0.5, max_iter=3).plot()
    print([find_notebook(), pending])
"""


@pytest.mark.parametrize(("code", "printed"), [(TERMINAL, "None"), (SCRIPT, "[None, []]")])
def test_terminals_and_scripts_display_nothing(code, printed, tmp_path):
    assert run_apart(code, tmp_path) == printed


def test_what_is_returned_is_what_it_was():
    from matplotlib.animation import FuncAnimation
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    X, y, _ = fastgd.datasets.make_regression(60, 1, random_state=0)
    result = fastgd.fit(X, y, "batch", learning_rate=0.5, max_iter=3, record_path=True)
    ax = result.plot()
    film = fastgd.plot.animate((X, y), result, frames=2)
    film._draw_was_started = True  # nobody looks at it here: Matplotlib would complain
    assert isinstance(ax, Axes) and isinstance(ax.figure, Figure)
    assert isinstance(film, FuncAnimation)
    assert find_notebook() is None
    assert fastgd.plot.plot_loss.__name__ == "plot_loss"
