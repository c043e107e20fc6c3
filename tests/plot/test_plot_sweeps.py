"""Pictures that fit by themselves, and films."""

import shutil

import numpy as np
import pytest

import fastgd
from fastgd import plot
from fastgd.plot.learning_rates import FLOOR
from tests.plot.test_plot import bowl, coarse, fitted, labelled, legend, made, slide
from tests.refusals import refused

__all__ = ["coarse"]  # a fixture for every test here

pytest.importorskip("matplotlib", reason="pictures of the extra `plot`")


def relative(X, y, result):
    A = np.column_stack([X, np.ones(len(X))])
    best = np.linalg.lstsq(A, y)[0]

    def cost(w):
        return 0.5 * np.mean((A @ w - y) ** 2)

    end = cost(np.append(result.coef_, result.intercept_))
    return (end - cost(best)) / (cost(np.zeros(len(best))) - cost(best))


def test_each_rate_is_a_fit_and_what_diverged_is_a_cross():
    X, y = made(40, 2)
    rates = [0.01, 0.1, 0.5, 50.0]
    ax = plot.plot_learning_rates(X, y, "batch", learning_rates=rates[::-1], max_iter=30)
    drawn = labelled(ax, "batch").get_xydata()
    np.testing.assert_array_equal(drawn[:, 0], rates)
    for rate, height in drawn[:3]:
        result = fastgd.fit(X, y, "batch", learning_rate=rate, max_iter=30)
        assert height == pytest.approx(max(relative(X, y, result), FLOOR), rel=1e-6)
    assert np.isnan(drawn[3, 1])
    crosses = [line for line in ax.get_lines() if line.get_marker() == "x"]
    np.testing.assert_array_equal(crosses[0].get_xdata(), [50.0])
    stable = fastgd.suggest(X, y, random_state=0).stable_rates["batch"]
    upright = [line.get_xdata()[0] for line in ax.get_lines() if [*line.get_ydata()] == [0, 1]]
    assert upright == pytest.approx([stable])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_a_variant_shows_beneath_one_that_is_the_same():
    X, y = made(40, 2)
    ax = plot.plot_learning_rates(X, y, learning_rates=[0.1, 0.2], max_iter=2, batch_size=40)
    under, over = (labelled(ax, name) for name in ("batch", "minibatch"))
    np.testing.assert_allclose(under.get_ydata(), over.get_ydata())
    assert under.get_markersize() > over.get_markersize() + over.get_markeredgewidth()
    assert under.get_linewidth() > over.get_linewidth()
    assert over.get_markerfacecolor() == "none"


@pytest.mark.compiled
def test_default_rates_end_above_the_largest_stable_one():
    X, y = made(200, 2)
    ax = plot.plot_learning_rates(X, y, max_iter=2)
    rates = labelled(ax, "batch").get_xdata()
    stable = fastgd.suggest(X, y, random_state=0).stable_rates
    assert len(rates) == 25
    assert rates[-1] == pytest.approx(4 * max(stable.values()))
    assert rates[-1] / rates[0] == pytest.approx(1e6)
    assert legend(ax)[:3] == ["batch", "minibatch", "stochastic"]


@pytest.mark.compiled
def test_of_kinked_losses_and_adaptive_optimizers_no_rate_is_called_stable():
    X, y = made(40, 2)
    for keywords in ({"loss": "absolute_error"}, {"optimizer": "adam"}):
        ax = plot.plot_learning_rates(
            X, y, ["batch"], learning_rates=[0.01, 0.1], max_iter=3, **keywords
        )
        upright = [line for line in ax.get_lines() if [*line.get_ydata()] == [0, 1]]
        assert upright == []


@pytest.mark.compiled
def test_the_stable_rate_is_that_of_the_batch_size():
    X, y = made(60, 2)
    ax = plot.plot_learning_rates(X, y, "minibatch", learning_rates=[0.1], max_iter=1, batch_size=8)
    seen = fastgd.suggest(X, y, random_state=0)
    upright = [line.get_xdata()[0] for line in ax.get_lines() if [*line.get_ydata()] == [0, 1]]
    stable = 16 / (seen.row_bound + 7 * seen.largest_eigenvalue)
    assert upright == pytest.approx([stable])


def test_a_critical_size_beyond_those_drawn_is_said_only():
    X, y = made(60, 2)
    left, _ = plot.plot_batch_sizes(X, y, batch_sizes=[1], target=0.5)
    assert legend(left)[-1].endswith("beyond these")


def test_batch_sizes_that_arrive_are_a_line_and_others_crosses():
    X, y, _ = fastgd.datasets.make_regression(64, 2, noise=0.01, random_state=0)
    left, right = plot.plot_batch_sizes(X, y, target=0.05, max_iter=6)
    sizes = [1, 4, 16, 64]
    drawn = labelled(left, "to the target").get_xydata()
    np.testing.assert_array_equal(drawn[:, 0], sizes)
    crosses = [line for line in left.get_lines() if line.get_marker() == "x"]
    late = [] if not crosses else [*crosses[0].get_xdata()]
    assert [size for size, passes in drawn if np.isnan(passes)] == late
    reached = drawn[~np.isnan(drawn[:, 1]), 1]
    assert len(reached) and (reached > 0).all() and (reached <= 6).all()
    critical = fastgd.suggest(X, y, random_state=0).critical_batch_size
    np.testing.assert_allclose(
        labelled(left, f"critical batch size {critical:.3g}").get_xdata(), critical
    )
    assert right.get_ylabel() == "seconds"


def test_a_target_out_of_reach_is_shown_as_such():
    X, y = made(32, 2)
    left, _ = plot.plot_batch_sizes(X, y, batch_sizes=[8, 32], target=1e-9, max_iter=2)
    np.testing.assert_array_equal(
        labelled(left, "not there after 2 passes").get_xydata(), [[8, 2], [32, 2]]
    )


def test_sweeps_refuse_in_a_sentence():
    X, y = made()
    rates, sizes = plot.plot_learning_rates, plot.plot_batch_sizes
    cases = [
        (TypeError, "learning_rates", lambda: rates(X, y, learning_rate=0.1)),
        (TypeError, "batch_sizes", lambda: sizes(X, y, batch_size=3)),
        (ValueError, "each of variants", lambda: rates(X, y, ["sgd"])),
        (TypeError, "variants", lambda: rates(X, y, 3)),
        (ValueError, "variants", lambda: rates(X, y, [])),
        (ValueError, "learning_rates", lambda: rates(X, y, learning_rates=[-1.0])),
        (TypeError, "learning_rates", lambda: rates(X, y, learning_rates=3)),
        (TypeError, "learning_rates", lambda: rates(X, y, learning_rates=["x"])),
        (ValueError, "learning_rates", lambda: rates(X, y, learning_rates=[])),
        (ValueError, "max_iter", lambda: rates(X, y, max_iter=0)),
        (ValueError, "target", lambda: sizes(X, y, target=2.0)),
        (ValueError, "batch_sizes", lambda: sizes(X, y, batch_sizes=[61])),
        (ValueError, "each of batch_sizes", lambda: sizes(X, y, batch_sizes=[0])),
        (TypeError, "batch_sizes", lambda: sizes(X, y, batch_sizes=4)),
        (ValueError, "slope does not jump", lambda: sizes(X, y, loss="absolute_error")),
        (ValueError, "alpha", lambda: sizes(X, y, alpha=-1.0)),
    ]
    for kind, words, ask in cases:
        assert words in refused(kind, ask)


# Films


def test_paths_grow_until_all_is_drawn(tmp_path):
    from PIL import Image

    X, y = made()
    results = [fitted(X, y), fitted(X, y, "stochastic", max_iter=1)]
    path = tmp_path / "paths.gif"
    film = plot.animate((X, y), results, path, frames=4)
    with Image.open(path) as picture:
        assert picture.n_frames == 4
    (ax,) = film._fig.axes
    assert ax.get_title() == "batch: step 10, stochastic: step 60"
    np.testing.assert_allclose(labelled(ax, "batch").get_xydata(), results[0].path)
    film._func(0)
    assert ax.get_title() == "batch: step 0, stochastic: step 0"
    assert len(labelled(ax, "batch").get_xdata()) == 1


@pytest.mark.compiled
def test_clocks(tmp_path):
    X, y = made()
    results = [fitted(X, y), fitted(X, y, "stochastic", max_iter=5)]
    for clock, title in (
        ("steps", "batch: step 10, stochastic: step 150"),
        ("passes", "batch: step 5, stochastic: step 300"),
    ):
        film = plot.animate((X, y), results, tmp_path / "a.gif", frames=3, clock=clock)
        film._func(1)
        assert film._fig.axes[0].get_title() == title


def test_a_film_of_one_parameter_is_html_too():
    film = plot.animate(bowl, slide(0.5, 3))
    assert "<img" in film.to_jshtml()
    drawn = film._fig.axes[0].get_lines()[2].get_xydata()
    np.testing.assert_allclose(drawn[:, 0], slide(0.5, 3).path)


@pytest.mark.compiled
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="an .mp4 needs ffmpeg")
def test_a_film_is_an_mp4_too(tmp_path):
    plot.animate(bowl, slide(0.5, 3), tmp_path / "a.mp4", frames=3)
    assert b"ftyp" in (tmp_path / "a.mp4").read_bytes()[:16]


def test_films_refuse_in_a_sentence(monkeypatch):
    from matplotlib.animation import FFMpegWriter

    X, y = made()
    result = fitted(X, y)
    film = plot.animate
    monkeypatch.setattr(FFMpegWriter, "isAvailable", lambda: False)
    cases = [
        (ValueError, ".gif or .mp4", lambda: film((X, y), result, "a.avi")),
        (RuntimeError, "ffmpeg", lambda: film((X, y), result, "a.mp4")),
        (ValueError, "clock", lambda: film((X, y), result, clock="time")),
        (ValueError, 'clock="steps"', lambda: film(bowl, slide(0.1), clock="passes")),
        (ValueError, "fps", lambda: film((X, y), result, fps=0)),
        (ValueError, "frames", lambda: film((X, y), result, frames=0)),
        (ValueError, "one result", lambda: film(bowl, [slide(0.1), slide(0.2)])),
    ]
    for kind, words, ask in cases:
        assert words in refused(kind, ask)
