"""Pictures of paths and losses: what the results say is drawn, what diverges is cut."""

import sys
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.lines import Line2D

import fastgd
from fastgd import plot
from fastgd.comparing.problem import Problem
from fastgd.plot import surface
from fastgd.plot.animation import Actor, _clocks
from fastgd.plot.contours import FINE, choose_levels, cubic_weights
from fastgd.plot.plane import choose_plane
from fastgd.plot.surface import make_surface
from fastgd.plot.trails import MAX_DRAWN, Trail, read_trails
from tests.refusals import refused

pytest.importorskip("matplotlib", reason="pictures of the extra `plot`")


SOME_RESULT = fastgd.minimize(lambda x: x * x, 1.0, max_iter=1, tol=None)


def minimised(x, path, path_steps, history, learning_rate_=0.1):
    """What `minimize` would have returned of this path."""
    made = {"x": x, "path": path, "path_steps": path_steps, "history": history}
    return replace(SOME_RESULT, learning_rate_=learning_rate_, **made)


@pytest.fixture(autouse=True)
def coarse(monkeypatch):
    """Contours of few points: what is tested here does not depend on them."""
    monkeypatch.setattr(surface, "MAX_TABLE_POINTS", surface.MIN_TABLE_POINTS)
    monkeypatch.setattr(surface.FunctionSurface, "grid_points", surface.MIN_TABLE_POINTS)


def descend(gradient, x0, rate, steps, fun=lambda x: 0.0):
    """Gradient descent by hand, from a number or an array."""
    x = np.asarray(x0, dtype=float)
    points = [x]
    with np.errstate(all="ignore"):
        for _ in range(steps):
            x = x - rate * np.asarray(gradient(x))
            points.append(x)
        history = {"step": np.arange(steps + 1), "objective": np.array([fun(p) for p in points])}
    return minimised(x, np.array(points), np.arange(steps + 1), history, learning_rate_=rate)


def bowl(x):
    return 0.5 * (x - 2.0) ** 2


def slide(rate, steps=20, x0=-1.0):
    return descend(lambda x: x - 2.0, x0, rate, steps, bowl)


def made(n=60, d=1, seed=0):
    X, y, _ = fastgd.datasets.make_regression(n, d, noise=0.3, random_state=seed)
    return X + 0.5, y + 1.0


def fitted(X, y, variant="batch", **keywords):
    asked = {"learning_rate": 0.3, "max_iter": 10, "record_path": 1, "random_state": 0}
    return fastgd.fit(X, y, variant, **{**asked, **keywords})


def labelled(ax, label):
    (line,) = [line for line in ax.get_lines() if line.get_label() == label]
    return line


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


# One dimension


def test_the_path_lies_on_the_cost_curve_and_against_steps():
    result = slide(0.3)
    curve, parameter, error = plot.plot_descent_1d(bowl, result, 2.0, threshold=1e-2)
    path = curve.get_lines()[-1].get_xydata()
    np.testing.assert_allclose(path, np.column_stack([result.path, bowl(result.path)]))
    np.testing.assert_array_equal(
        parameter.get_lines()[0].get_xydata(), np.column_stack([result.path_steps, result.path])
    )
    np.testing.assert_allclose(error.get_lines()[0].get_ydata(), np.abs(result.path - 2.0))
    first = int(np.argmax(np.abs(result.path - 2.0) <= 1e-2))
    assert f"threshold 0.01: reached at step {first}" in legend(error)
    assert error.get_yscale() == "log"


def test_first_steps_are_numbered_where_they_have_room():
    curve, *_ = plot.plot_descent_1d(bowl, slide(1.9), 2.0)
    numbers = [text.get_text() for text in curve.texts]
    assert numbers[:3] == ["0", "1", "2"]
    places = [tuple(text.xy) for text in curve.texts]
    assert len({*places}) == len(places)
    crowded, *_ = plot.plot_descent_1d(bowl, slide(1e-4), 2.0)
    assert [text.get_text() for text in crowded.texts] == ["0"]


def test_landing_in_one_step_is_exactly_zero():
    *_, error = plot.plot_descent_1d(bowl, slide(1.0, 4), threshold=1e-3)
    np.testing.assert_array_equal(labelled(error, "error").get_xdata(), [0])
    np.testing.assert_array_equal(labelled(error, "exactly 0").get_xdata(), [1, 2, 3, 4])
    assert "threshold 0.001: reached at step 1" in legend(error)


@pytest.mark.parametrize("steps", [30, 3000])
def test_a_path_that_runs_away_is_cut_and_said_so(steps):
    result = slide(3.0, steps)  # 2 - x grows twofold with each step, beyond all numbers
    curve, parameter, error = plot.plot_descent_1d(bowl, result, threshold=1e-2)
    assert curve.get_title() == "leaves the view at step 3 (at 26)"
    assert parameter.get_xlabel() == f"step (of {steps} in all)"
    low, high = curve.get_xlim()
    assert -15 < low < -10 and 8 < high < 15
    assert curve.get_ylim()[1] < 100
    np.testing.assert_array_equal(parameter.get_lines()[0].get_xdata(), [0, 1, 2, 3])
    # Its last point is no target: the lowest one in view is.
    target = parameter.get_lines()[1].get_ydata()[0]
    assert target == pytest.approx(2.0, abs=1e-3)
    assert len(error.get_lines()[0].get_xdata()) > 25
    assert "threshold 0.01: not reached" in legend(error)
    curve.figure.canvas.draw()


def test_a_step_to_infinity_is_left_out():
    result = minimised(np.inf, np.array([1.0, np.inf, np.nan]), np.arange(3), {})
    curve, parameter, _ = plot.plot_descent_1d(bowl, result, 2.0)
    np.testing.assert_array_equal(parameter.get_lines()[0].get_xydata(), [[0, 1]])
    assert curve.get_title() == "leaves the view at step 1 (at inf)"


def test_a_flat_function_and_one_of_few_values_have_a_picture():
    for cost in (lambda x: 1.0, lambda x: 1.0 if x == -1.0 else float("nan")):
        axes = plot.plot_descent_1d(cost, slide(0.3), 2.0)
        axes[0].figure.canvas.draw()


def test_a_path_of_one_point_is_a_picture():
    axes = plot.plot_descent_1d(bowl, slide(0.1, 0))
    assert [text.get_text() for text in axes[0].texts] == ["0"]
    axes[0].figure.canvas.draw()


def test_a_function_with_an_edge_is_drawn_as_far_as_it_goes():
    import math

    result = descend(lambda x: 1 - 1 / x, 3.0, 0.5, 10)
    curve, *_ = plot.plot_descent_1d(lambda x: x - math.log(x), result)
    assert np.isfinite(curve.get_ylim()).all()


def test_one_coefficient_of_a_table_without_intercept():
    X, y = made()
    result = fitted(X, y, fit_intercept=False)
    curve, *_ = plot.plot_descent_1d((X, y), result)
    problem = Problem(X, y, result.loss_, fit_intercept=False)
    expected = [problem.objective(np.append(point, 0.0)) for point in result.path]
    np.testing.assert_allclose(curve.get_lines()[-1].get_ydata(), expected, rtol=1e-12)
    assert curve.get_xlabel() == "coefficient of column 0"


# Two dimensions


def test_paths_are_drawn_as_they_went():
    X, y = made()
    results = {"smooth": fitted(X, y), "rough": fitted(X, y, "stochastic", max_iter=2)}
    ax = plot.plot_descent_2d((X, y), results)
    for name, result in results.items():
        np.testing.assert_allclose(labelled(ax, name).get_xydata(), result.path, atol=1e-15)
    optimum = np.linalg.lstsq(np.column_stack([X, np.ones(len(X))]), y)[0]
    np.testing.assert_allclose(labelled(ax, "optimum").get_xydata()[0], optimum, rtol=1e-9)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("coefficient of column 0", "intercept")
    assert legend(ax) == ["smooth", "rough", "start", "optimum"]


def test_a_table_without_intercept_has_its_own_optimum():
    X, y = made(60, 2)
    result = fitted(X, y, fit_intercept=False)
    ax = plot.plot_descent_2d((X, y), result)
    np.testing.assert_allclose(labelled(ax, "batch").get_xydata(), result.path)
    best = labelled(ax, "optimum").get_xydata()[0]
    np.testing.assert_allclose(best, np.linalg.lstsq(X, y)[0], rtol=1e-9)
    assert ax.get_ylabel() == "coefficient of column 1"


def test_without_scipy_the_best_point_seen_is_the_optimum(monkeypatch):
    X, y = made(60, 1)
    result = fitted(X, y, loss="huber", max_iter=30)
    known = labelled(plot.plot_descent_2d((X, y), result), "optimum").get_xydata()
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    seen = labelled(plot.plot_descent_2d((X, y), result), "optimum").get_xydata()
    np.testing.assert_allclose(seen, known, atol=1e-2)


@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("loss", ["squared_error", "huber", "absolute_error"])
def test_the_surface_is_the_objective(loss, weighted, fit_intercept):
    X, y = made(40, 3)
    weights = np.random.default_rng(1).uniform(0.5, 2.0, 40) if weighted else None
    stated = {"loss": loss, "alpha": 0.3, "l1_ratio": 0.4, "fit_intercept": fit_intercept}
    result = fitted(X, y, **stated, sample_weight=weights, learning_rate=0.05)
    table = (X, y, weights) if weighted else (X, y)
    drawn = make_surface(table, read_trails(result))
    problem = Problem(X, y, result.loss_, 0.3, 0.4, fit_intercept, weights)
    random = np.random.default_rng(0)
    n = 3 + fit_intercept
    origin, directions = random.normal(size=n), random.normal(size=(2, n))
    shares = random.normal(size=(30, 2))
    padded = np.zeros((30, 4))
    padded[:, :n] = origin + shares @ directions
    expected = [problem.objective(point) for point in padded]
    np.testing.assert_allclose(drawn.along(origin, directions, shares), expected, rtol=1e-12)


def test_a_weighted_fit_is_drawn_with_its_weights_unless_others_are_given():
    X, y = made(40)
    weights = np.arange(1.0, 41.0)
    trails = read_trails(fitted(X, y, sample_weight=weights))
    point, nowhere, nothing = np.ones(2), np.empty((0, 2)), np.empty((1, 0))
    by_itself = make_surface((X, y), trails).along(point, nowhere, nothing)
    given = make_surface((X, y, weights), trails).along(point, nowhere, nothing)
    other = make_surface((X, y, np.ones(40)), trails).along(point, nowhere, nothing)
    assert by_itself == given != other


def test_leading_directions_are_those_of_most_movement():
    X, y = made(80, 4)
    results = [fitted(X, y), fitted(X, y, "minibatch", batch_size=8)]
    trails = read_trails(results)
    optimum = np.linalg.lstsq(np.column_stack([X, np.ones(80)]), y)[0]
    plane = choose_plane("leading", trails, optimum)
    moves = [(t.points - optimum) / np.sqrt(len(t.points)) for t in trails]
    _, sizes, basis = np.linalg.svd(np.vstack(moves))
    for found, expected in zip(plane.directions, basis, strict=False):
        assert abs(found @ expected) == pytest.approx(1.0)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-12)
    share = 100 * sizes[0] ** 2 / np.sum(sizes**2)
    assert plane.labels[0] == f"along direction 1 ({share:.3g} % of the movement)"
    ax = plot.plot_descent_2d((X, y), results)
    drawn = labelled(ax, "batch").get_xydata()
    np.testing.assert_allclose(drawn, (results[0].path - optimum) @ plane.directions.T, atol=1e-9)
    np.testing.assert_allclose(labelled(ax, "optimum").get_xydata(), [[0, 0]], atol=1e-12)


def test_a_slice_goes_through_the_optimum_by_number_or_name():
    pandas = pytest.importorskip("pandas")
    X, y = made(60, 3)
    frame = pandas.DataFrame(X, columns=["a", "b", "c"])
    result = fitted(frame, y)
    for pair in (("b", "intercept"), (1, 3), (-3, -1)):
        ax = plot.plot_descent_2d((frame, y), result, plane=pair)
        np.testing.assert_allclose(labelled(ax, "batch").get_xydata(), result.path[:, [1, 3]])
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("coefficient of column b", "intercept")
        assert "slice" in ax.get_title()


def test_of_a_function_the_best_point_of_paths_and_view_is_the_optimum():
    def valley(x):
        return 0.5 * (x[0] - 1.0) ** 2 + 50.0 * (x[1] + 2.0) ** 2

    result = descend(lambda x: [x[0] - 1.0, 100.0 * (x[1] + 2.0)], [-1.0, -2.5], 0.015, 30)
    ax = plot.plot_descent_2d(valley, result)
    best = labelled(ax, "optimum").get_xydata()[0]
    assert valley(best) <= valley(result.x)
    inside = [low <= 1.0 <= high for low, high in [ax.get_xlim()]]
    if all(inside):
        np.testing.assert_allclose(best, [1.0, -2.0], atol=1e-2)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x[0]", "x[1]")


def ellipse(x):
    return x[0] ** 2 + 10 * x[1] ** 2


def test_the_optimum_of_a_diverged_run_is_in_the_picture():
    lost = descend(lambda x: [2 * x[0], 20 * x[1]], [3.0, 1.0], 0.2, 30)
    ax = plot.plot_descent_2d(ellipse, lost)
    np.testing.assert_allclose(labelled(ax, "optimum").get_xydata(), [[0, 0]], atol=1e-2)
    assert ax.get_xlim()[0] < 0 < ax.get_xlim()[1] < 20
    assert ax.get_ylim()[0] < 0 < ax.get_ylim()[1] < 20


@pytest.mark.parametrize(
    "fun",
    [
        lambda x: 1.0,
        lambda x: x[0] ** 2 - x[1] ** 2,
        lambda x: float(np.exp(-x[0])),
        lambda x: (x[0] - 1e4) ** 2 + x[1] ** 2,
    ],
    ids=["flat", "saddle", "endless", "far"],
)
def test_without_an_optimum_near_the_paths_there_is_no_star(fun):
    near = descend(lambda x: x, [1.0, 1.0], 0.1, 5)
    ax = plot.plot_descent_2d(fun, near)
    assert legend(ax) == ["gd", "start"]
    assert max(np.abs([*ax.get_xlim(), *ax.get_ylim()])) < 6


def test_the_lowest_point_of_a_narrow_valley_out_of_view_is_found():
    def valley(x):
        return (x[0] + x[1]) ** 2 + 1e-3 * (x[0] - x[1] - 0.8) ** 2

    start = descend(lambda x: [0.01, -0.01], [0.2, -0.2], 1.0, 20)
    star = labelled(plot.plot_descent_2d(valley, start), "optimum").get_xydata()
    np.testing.assert_allclose(star, [[0.4, -0.4]], atol=1e-3)


def test_points_keep_the_shape_that_the_function_takes():
    seen = set()

    def cost(x):
        seen.add(x.shape)
        return float(np.sum(x**2))

    result = descend(lambda x: 2 * x, np.ones((2, 2)), 0.1, 5)
    plot.plot_descent_2d(cost, result)
    assert seen == {(2, 2)}


def test_entries_of_an_array_are_named_by_their_place():
    result = descend(lambda x: 2 * x, np.arange(6.0).reshape(2, 3), 0.1, 5)
    for plane in (((0, 1), (1, 2)), ("x[0, 1]", "x[1, 2]"), (1, 5)):
        ax = plot.plot_descent_2d(lambda x: float(np.sum(x**2)), result, plane=plane)
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("x[0, 1]", "x[1, 2]")
    ask = lambda: plot.plot_descent_2d(np.sum, result, plane=((0, 1), (2, 0)))  # noqa: E731
    assert "got (2, 0)" in refused(ValueError, ask)
    assert read_trails(slide(0.1))[0].names == ["x[0]"]


def test_many_paths_have_a_legend_beside_them_and_looks_of_their_own():
    runs = {str(k): descend(lambda x: x, [1.0, 0.1 * k], 0.2, 5) for k in range(8)}
    ax = plot.plot_descent_2d(ellipse, runs)
    ax.figure.draw_without_rendering()
    assert ax.get_legend().get_window_extent().x0 >= ax.get_window_extent().x1
    looks = {(labelled(ax, name).get_color(), labelled(ax, name).get_linestyle()) for name in runs}
    assert len(looks) == 8


def test_the_legend_above_leaves_room_for_a_factor_of_the_axis():
    result = minimised(0.0, np.geomspace(1e10, 9e10, 8), np.arange(8), {})
    _, ax, _ = plot.plot_descent_1d(lambda x: x * x, result)
    ax.figure.draw_without_rendering()
    factor = ax.yaxis.get_offset_text()
    assert factor.get_text()
    assert not factor.get_window_extent().overlaps(ax.get_legend().get_window_extent())


def test_a_fit_may_be_drawn_over_a_function():
    X, y = made()
    result = fitted(X, y)
    problem = Problem(X, y, result.loss_)
    drawn = [plot.plot_descent_2d(fun, result) for fun in (problem.objective, (X, y))]
    of_function, of_table = (labelled(ax, "optimum").get_xydata() for ax in drawn)
    np.testing.assert_allclose(of_function, of_table, atol=1e-3)


def test_a_path_that_runs_away_does_not_set_the_scale():
    def round_bowl(x):
        return 0.5 * float(x @ x)

    good = descend(lambda x: x, [1.0, 1.0], 0.2, 20)
    bad = descend(lambda x: x, [1.0, 1.0], 3.0, 2000)
    ax = plot.plot_descent_2d(round_bowl, {"good": good, "bad": bad})
    assert max(np.abs([*ax.get_xlim(), *ax.get_ylim()])) < 6
    drawn = labelled(ax, "bad (leaves at step 2)").get_xydata()
    np.testing.assert_allclose(drawn, bad.path[:3])
    np.testing.assert_allclose(labelled(ax, "good").get_xydata(), good.path)


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_the_legend_lies_where_no_path_is(turn):
    start = [1.0, turn]  # straight down from one corner to the opposite one
    result = descend(lambda x: x, start, 0.2, 30)
    ax = plot.plot_descent_2d(lambda x: float(x @ x), result)
    free = {1.0: ("upper left", "lower right"), -1.0: ("upper right", "lower left")}[turn]
    codes = {"upper right": 1, "upper left": 2, "lower left": 3, "lower right": 4}
    assert ax.get_legend()._loc in [codes[corner] for corner in free]


def test_a_path_that_does_not_move_has_a_picture():
    still = descend(lambda x: 0 * x, [0.0, 0.0], 0.1, 3)
    ax = plot.plot_descent_2d(lambda x: float(x @ x), still)
    assert ax.get_xlim()[1] > 0.1
    flat = plot.plot_descent_2d(lambda x: 1.0, still)  # nothing to contour
    assert flat.get_xlim()[1] > 0.1
    walls = plot.plot_descent_2d(lambda x: float(x @ x) if x[0] < 0.1 else np.inf, still)
    walls.figure.canvas.draw()


def test_levels_are_equally_far_apart_in_a_bowl_of_any_condition():
    x = np.linspace(-1, 1, 401)
    for condition in (1.0, 100.0):
        values = x[None, :] ** 2 + condition * (x[:, None] / np.sqrt(condition)) ** 2
        levels = choose_levels(values, 0.0)
        steps = np.diff(np.sqrt(levels[:12]))
        assert steps.max() / steps.min() < 1.1


def test_cubics_are_exact_for_quadratics():
    x, fine = np.arange(6.0), np.arange(5 * FINE + 1) / FINE
    np.testing.assert_allclose(cubic_weights(6) @ (x**2 - x), fine**2 - fine, atol=1e-12)


# Results


def test_results_are_named_by_what_differs():
    X, y = made()
    results = [fitted(X, y), fitted(X, y, optimizer="adam"), fitted(X, y, learning_rate=0.1)]
    labels = [trail.label for trail in read_trails([*results, results[0], slide(0.1)][:4])]
    assert labels == ["batch, rate 0.3 (1)", "batch:adam", "batch, rate 0.1", "batch, rate 0.3 (2)"]
    assert read_trails(slide(0.1))[0].label == "gd"


def test_long_paths_are_thinned_and_keep_their_ends():
    long = minimised(0.0, np.arange(1e5), np.arange(100_000), {})
    (trail,) = read_trails(long)
    assert len(trail.points) == MAX_DRAWN
    assert (trail.steps[0], trail.steps[-1]) == (0, 99_999)


# Losses


def test_objectives_are_drawn_against_what_they_cost():
    X, y = made()
    result = fitted(X, y, "minibatch", batch_size=8)
    for x, column in (
        ("passes", "passes"),
        ("epochs", "epoch"),
        ("steps", "step"),
        ("seconds", "seconds"),
    ):
        ax = result.plot(x=x)
        drawn = labelled(ax, "minibatch").get_xydata()
        history = result.history
        np.testing.assert_array_equal(
            drawn, np.column_stack([history[column], history["objective"]])
        )
        assert ax.get_ylabel() == "objective"


def test_minimised_functions_are_drawn_against_steps():
    ax = plot.plot_loss({"a": slide(0.1), "b": slide(3.0, 2000)})
    assert ax.get_xlabel() == "steps"
    assert ax.get_yscale() == "log"
    assert ax.get_ylim()[1] == pytest.approx(100 * bowl(-1.0))
    assert ax.get_title() == "what diverges leaves the view"


def test_a_result_without_a_number_is_an_empty_picture():
    result = slide(0.1)
    result.history["objective"][:] = np.inf
    assert len(labelled(plot.plot_loss(result), "gd").get_xdata()) == 0


def test_without_an_objective_the_loss_met_is_drawn():
    X, y = made()
    result = fitted(X, y)
    result.history["objective"][:] = np.nan
    ax = plot.plot_loss([result, fitted(X, y, learning_rate=0.1)])
    assert ax.get_ylabel() == "mean loss of the rows met since the last record"


# Where they are drawn


def test_axes_that_are_given_are_drawn_into_and_pyplot_is_left_alone():
    from matplotlib.figure import Figure

    loaded = "matplotlib.pyplot" in sys.modules
    figure = Figure()
    ax = figure.subplots()
    assert plot.plot_loss(slide(0.1), ax=ax) is ax
    axes = Figure().subplots(1, 3)
    assert plot.plot_descent_1d(bowl, slide(0.1), axes=axes)[2] is axes[2]
    assert ("matplotlib.pyplot" in sys.modules) == loaded


def test_losses_of_two_calls_are_told_apart():
    ax = plot.plot_loss({"gd": slide(0.1), "slow": slide(0.01)})
    plot.plot_loss(slide(0.2), ax=ax)
    plot.plot_loss(slide(0.3), ax=ax)
    assert legend(ax) == ["gd", "slow", "gd (2)", "gd (3)"]
    assert len({line.get_color() for line in ax.get_lines()}) == 4
    X, y = made()
    ask = lambda: plot.plot_loss(fitted(X, y), ax=ax)  # noqa: E731
    assert "'passes over the rows'" in refused(ValueError, ask)


def test_what_falls_below_zero_is_drawn_on_axes_of_decades_without_a_warning():
    def fell_to(*heights):
        history = {"step": np.arange(3), "objective": np.array(heights)}
        return minimised(0.0, None, None, history)

    ax = plot.plot_loss(slide(0.1))
    ax.set_yscale("log")
    plot.plot_loss({"down": fell_to(1.0, 0.5, -1.0), "up": fell_to(1.0, 1e3, 1e9)}, ax=ax)
    ax.figure.canvas.draw()


def test_axes_of_another_kind_or_with_a_picture_are_refused():
    from matplotlib.figure import Figure

    still = descend(lambda x: 0 * x, [1.0, 1.0], 0.1, 3)
    paths = lambda ax: plot.plot_descent_2d(ellipse, still, ax=ax)  # noqa: E731
    ax = Figure().subplots()
    ax.set(xscale="log", yscale="log")
    paths(ax).figure.canvas.draw()
    assert ax.get_xscale() == "linear"
    assert "already holds a picture" in refused(ValueError, lambda: paths(ax))
    polar = Figure().subplots(subplot_kw={"projection": "polar"})
    for ask in (lambda: paths(polar), lambda: plot.plot_loss(slide(0.1), ax=polar)):
        assert "got polar ones" in refused(TypeError, ask)


def test_what_cannot_be_drawn_is_refused_in_a_sentence():
    X, y = made()
    one, two = slide(0.1), fitted(X, y)
    cases = [
        (ValueError, "record_path=True", lambda: plot.plot_loss([]) or None),
        (ValueError, "plot_descent_1d", lambda: plot.plot_descent_2d(bowl, one)),
        (ValueError, "plot_descent_2d", lambda: plot.plot_descent_1d((X, y), two)),
        (ValueError, "pair", lambda: plot.plot_descent_2d((X, y), two, plane="leeding")),
        (ValueError, "'intercept'", lambda: plot.plot_descent_2d((X, y), two, plane=(0, "x"))),
        (ValueError, "different", lambda: plot.plot_descent_2d((X, y), two, plane=(0, 0))),
        (TypeError, "pair", lambda: plot.plot_descent_2d((X, y), two, plane=3)),
        (TypeError, "fun must be", lambda: plot.plot_descent_2d(X, two)),
        (TypeError, "not of fit", lambda: plot.plot_descent_1d((X, y), one)),
        (ValueError, "2 features", lambda: plot.plot_descent_2d((np.c_[X, X], y), two)),
        (TypeError, "results must be", lambda: plot.plot_descent_2d(bowl, 3)),
        (TypeError, "each of results", lambda: plot.plot_loss([1])),
        (TypeError, "Axes", lambda: plot.plot_loss(one, ax=3)),
        (ValueError, "3 Matplotlib Axes", lambda: plot.plot_descent_1d(bowl, one, axes=[])),
        (TypeError, "each of axes", lambda: plot.plot_descent_1d(bowl, one, axes=[1, 2, 3])),
        (ValueError, "threshold", lambda: plot.plot_descent_1d(bowl, one, threshold=-1)),
        (TypeError, "target", lambda: plot.plot_descent_1d(bowl, one, "x")),
        (ValueError, "x must be one of", lambda: plot.plot_loss(one, x="time")),
        (ValueError, 'x="steps"', lambda: plot.plot_loss([one, two])),
        (ValueError, "parameters", lambda: plot.plot_descent_2d(bowl, [one, two])),
    ]
    cases[0] = (ValueError, "results must hold", lambda: plot.plot_loss([]))
    for kind, words, ask in cases:
        assert words in refused(kind, ask)


@pytest.mark.parametrize(
    ("kind", "words", "fun"),
    [
        (TypeError, "what fun returns must be a number; got None", lambda x: None),
        (TypeError, "what fun returns must be a number; got 'high'", lambda x: "high"),
        (ValueError, "an array of shape (3,)", lambda x: np.zeros(3)),
        (ValueError, "fun has no finite value anywhere in view", lambda x: 1 / 0),
        (ValueError, "fun has no finite value anywhere in view", lambda x: float("nan")),
        (TypeError, "fun must be a function of a point", lambda: 1.0),
    ],
)
def test_functions_without_a_number_are_refused(kind, words, fun):
    still = descend(lambda x: 0 * x, [1.0, 1.0], 0.1, 3)
    for ask in (
        lambda: plot.plot_descent_1d(fun, slide(0.3)),
        lambda: plot.plot_descent_1d(fun, slide(3.0)),
        lambda: plot.plot_descent_2d(fun, still),
    ):
        assert words in refused(kind, ask)


def test_a_result_without_a_path_says_how_to_get_one():
    X, y = made()
    pathless = fitted(X, y, record_path=False)
    assert "record_path=True" in refused(ValueError, lambda: plot.plot_descent_2d((X, y), pathless))


def test_results_of_different_objectives_are_refused():
    X, y = made()
    others = [fitted(X, y), fitted(X, y, alpha=0.5)]
    assert "alpha=0.5" in refused(ValueError, lambda: plot.plot_descent_2d((X, y), others))


def test_results_of_other_sample_weights_are_refused():
    X, y = made()
    weights = np.arange(1.0, 61.0)
    alike = [None, np.full(60, 3.0)], [weights, 2 * weights]
    for pair in alike:
        plot.plot_descent_2d((X, y), [fitted(X, y, sample_weight=some) for some in pair])
    for pair in ([None, weights], [weights, weights[::-1]]):
        results = [fitted(X, y, sample_weight=some) for some in pair]
        ask = lambda results=results: plot.plot_descent_2d((X, y), results)  # noqa: E731
        assert "sample weights" in refused(ValueError, ask)


def test_a_table_of_other_columns_is_refused():
    pandas = pytest.importorskip("pandas")
    X, y = made(60, 2)
    frame = pandas.DataFrame(X, columns=["a", "b"])
    result = fitted(frame, y)
    plot.plot_descent_2d((X, y), result)
    ask = lambda: plot.plot_descent_2d((frame[["b", "a"]], y), result)  # noqa: E731
    assert "in that order" in refused(ValueError, ask)


def test_an_objective_that_only_some_recorded_is_refused():
    X, y = made()
    fit, minimised = fitted(X, y), slide(0.1)
    fit.history["objective"][:] = np.nan
    ask = lambda: plot.plot_loss([fit, minimised], x="steps")  # noqa: E731
    assert 'record="objective"' in refused(ValueError, ask)


def test_plot_of_a_result_takes_ax_and_axes_alike():
    from matplotlib.figure import Figure

    X, y = made()
    line = fastgd.minimize(lambda x: x * x, 1.0, max_iter=3, tol=None)
    plane, space = (
        fastgd.minimize(lambda x: float(x @ x), np.ones(d), max_iter=3, tol=None) for d in (2, 3)
    )
    for result, count, known in (
        (line, 3, "['target', 'threshold', 'axes']"),
        (plane, 1, "['plane', 'ax']"),
        (space, 1, "['x', 'ax']"),
        (fitted(X, y), 1, "['x', 'ax']"),
    ):
        for name in ("ax", "axes"):
            axes = Figure().subplots(1, count)
            assert np.all(result.plot(**{name: axes}) == axes)
        sentence = refused(TypeError, lambda result=result: result.plot(colour="red"))
        assert sentence.startswith(f".plot takes {known} for this result")
        ask = lambda result=result, axes=axes: result.plot(ax=axes, axes=axes)  # noqa: E731
        assert "not both" in refused(TypeError, ask)


def test_the_name_of_a_picture_is_refused_in_words():
    from pathlib import Path

    said = refused(ValueError, lambda: plot.check_picture(Path("x.txt")))
    assert said.endswith("got 'x.txt'.") and len(said) < 100
    assert "got 'x.avi'" in refused(
        ValueError, lambda: plot.animate(bowl, slide(0.1), Path("x.avi"))
    )


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plot.plot_loss(slide(0.1)),
        lambda: plot.plot_descent_1d(bowl, slide(0.1)),
        lambda: plot.plot_descent_2d(bowl, slide(0.1)),
        lambda: plot.plot_learning_rates(*made()),
        lambda: plot.plot_batch_sizes(*made()),
        lambda: plot.animate(bowl, slide(0.1)),
        lambda: plot.check_picture("a.png"),
    ],
)
def test_without_matplotlib_they_say_what_to_install(draw, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        draw()


@pytest.mark.parametrize("count", [2, 5, 11])
def test_a_film_shows_each_point_when_it_is_due_and_all_at_the_end(count):
    line, head = Line2D([], []), Line2D([], [])
    points = np.arange(2.0 * count).reshape(count, 2)
    due = np.arange(count) / (count - 1)
    actor = Actor("path", points, 10 * np.arange(count), due, line, head)
    for k in range(count):
        assert actor.grow(due[k]) == f"path: step {10 * k}"
        np.testing.assert_array_equal(line.get_xydata(), points[: k + 1])
        np.testing.assert_array_equal(head.get_xydata(), points[k : k + 1])


def test_of_two_paths_in_a_film_by_steps_the_longer_ends_with_it():
    trails = [Trail(f"{n}", np.zeros((n + 1, 2)), np.arange(n + 1), None) for n in (10, 40)]
    short, long = _clocks(trails, "steps")
    np.testing.assert_allclose(long, np.arange(41) / 40)
    np.testing.assert_allclose(short, np.arange(11) / 40)
    for clock in _clocks(trails, "share"):
        assert (clock[0], clock[-1]) == (0.0, 1.0)
