"""Pictures against stored ones: FASTGD_RENEW_IMAGES=1 makes them anew, to be looked at."""

import os
from pathlib import Path

import numpy as np
import pytest

from fastgd import plot
from tests.comparing.test_compare import by_hand
from tests.plot.test_plot import bowl, descend, minimised, slide

pytest.importorskip("matplotlib", reason="pictures of the extra `plot`")

IMAGES = Path(__file__).parents[1] / "images"
DPI = 50
# Root mean square difference, of 255. Text is left out: with it Matplotlib 3.9.0 and 3.11.2, which
# shape letters differently, differ by 21 to 36, without it not at all. A line or a star that is
# missing makes 1.5 to 17 (but for a start's ring: 0.2), so rounding elsewhere has room.
TOLERANCE = 1.0


def valley(x):
    return 0.5 * x[0] ** 2 + 5.0 * (x[1] - 0.3 * x[0]) ** 2


def walks():
    """A smooth, a trembling and a lost path, made by hand."""

    def slope(x):
        lean = 10.0 * (x[1] - 0.3 * x[0])
        return np.array([x[0] - 0.3 * lean, lean])

    noise = np.random.default_rng(0)
    start = [-2.0, 1.0]
    return {
        "smooth": descend(slope, start, 0.1, 40),
        "rough": descend(lambda x: slope(x) + noise.normal(size=2), start, 0.05, 300),
        "lost": descend(slope, start, 0.3, 50),
    }


def losses():
    steps = np.arange(50)
    return {
        name: minimised(0.0, None, None, {"step": steps, "objective": rate**steps})
        for name, rate in (("slow", 0.95), ("fast", 0.7))
    }


PICTURES = {
    "convergent": lambda: plot.plot_descent_1d(bowl, slide(0.3), 2.0, threshold=1e-2)[0],
    "zigzag": lambda: plot.plot_descent_1d(bowl, slide(1.9), 2.0)[0],
    "lost": lambda: plot.plot_descent_1d(bowl, slide(3.0), 2.0)[0],
    "paths": lambda: plot.plot_descent_2d(valley, walks()),
    "losses": lambda: plot.plot_loss(losses()),
    "comparison": lambda: plot.plot_comparison(by_hand()).axes[0],
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_the_stored_one(name, tmp_path):
    import matplotlib as mpl
    from matplotlib.testing.compare import compare_images
    from matplotlib.text import Text

    with mpl.rc_context():
        mpl.rcdefaults()
        figure = PICTURES[name]().figure
        for text in figure.findobj(Text):
            text.set_visible(False)
        for ax in figure.axes:
            if ax.get_legend() is not None:  # as large as its text
                ax.get_legend().set_visible(False)
        for own in figure.legends:
            own.set_visible(False)
        drawn, stored = tmp_path / f"{name}.png", IMAGES / f"{name}.png"
        if os.environ.get("FASTGD_RENEW_IMAGES"):
            IMAGES.mkdir(exist_ok=True)
            figure.savefig(stored, dpi=DPI)
        figure.savefig(drawn, dpi=DPI)
    assert compare_images(str(stored), str(drawn), TOLERANCE) is None
