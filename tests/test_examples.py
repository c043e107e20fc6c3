"""Pages of the guide: each runs, and comes to what it says."""

import contextlib
import runpy
import tempfile
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
MAX_LINES = 80
MAX_LINES_OF_A_STORY = 205

pytest.importorskip("matplotlib", reason="pictures need the extra `plot`")
pytest.importorskip("pandas", reason="tables need the extra `data`")


def ran(name, capsys, most=MAX_LINES):
    """Run an example; return its variables and what it printed."""
    path = EXAMPLES / f"{name}.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) < most
    with tempfile.TemporaryDirectory() as empty, contextlib.chdir(empty):  # as a download may lie
        variables = runpy.run_path(str(path))
    return variables, capsys.readouterr().out


def test_a_network_parts_the_moons(capsys):
    found, printed = ran("neural_network", capsys)
    assert printed.count("100.0 % right") == 3
    assert (
        found["runs"]["adam"].fun < found["runs"]["momentum"].fun < found["runs"]["gd"].fun < 0.02
    )


def test_backpropagation_is_the_gradient(capsys):
    found, _ = ran("neural_network", capsys)
    network, point, data = found["network"], found["start"], (found["X"], found["labels"])
    _, gradient = network(point, *data)
    for j in range(0, len(point), 7):
        nudge = 1e-6 * np.eye(len(point))[j]
        above, below = (network(point + s * nudge, *data)[0] for s in (1, -1))
        assert gradient[j] == pytest.approx((above - below) / 2e-6, abs=1e-8)


@pytest.mark.compiled
def test_stochastic_steps_find_the_tastes(capsys):
    found, _ = ran("recommender", capsys)
    assert 0.2 < found["rmse"] < 0.25  # made with an error of 0.2
    assert found["run"].njev == len(found["order"]) + 2  # at x0 twice: does it repeat itself?


@pytest.mark.compiled  # in plain Python minutes go by
def test_every_start_ends_in_one_of_four_minima(capsys):
    found, _ = ran("himmelblau", capsys)
    ends = np.array([run.x for run in found["paths"].values()])
    assert len(np.unique(ends.round(3), axis=0)) == 4
    assert found["himmelblau"](ends) < 1e-12
    assert found["end"].shape == (150, 150, 2) and set(np.unique(found["nearest"])) == {0, 1, 2, 3}


def test_a_ridge_ends_at_the_saddle_and_a_nudge_saves_it(capsys):
    found, _ = ran("saddle", capsys)
    assert abs(found["stuck"].x).max() < 1e-7 and found["stuck"].success
    assert found["steps"]["gd"] == pytest.approx(found["predicted"], abs=3)
    assert found["paths"]["adam"].x == pytest.approx([0.0, 1.0], abs=0.05)


def told(name, capsys):
    """Run a page of the story without a screen; return its variables and what it printed."""
    from matplotlib import pyplot as plt

    with plt.rc_context({"backend": "agg"}):
        found, printed = ran(name, capsys, MAX_LINES_OF_A_STORY)
        plt.close("all")
    return found, printed


def test_the_laser_pointer(capsys):
    found, printed = told("descent_seen_1d", capsys)
    path = found["run"].path
    assert (found["step"], found["promised"], found["real"]) == pytest.approx((-0.6, 3.6, 3.24))
    assert path[:5] == pytest.approx([103, 102.4, 101.92, 101.536, 101.2288], abs=1e-12)
    assert path == pytest.approx(found["exact"], abs=1e-12)
    assert path[[10, 15]] == pytest.approx([100.3221, 100.1056], abs=5e-5)
    assert "below 1 cm from step 5\nbelow 1 mm from step 16\nbelow 0.1 mm from step 26" in printed
    assert found["factors"] == pytest.approx([0.99, 0.98, 0.8, 0.0, -2.0], abs=1e-12)
    assert found["arrivals"] == ["339", "169", "16", "1", "never"]


def test_the_screw_of_the_laser_pointer(capsys):
    found, _ = told("descent_seen_1d", capsys)
    assert found["settings"] == pytest.approx([0, 2.35, 3.525, 4.1125, 4.40625], abs=1e-12)
    assert 10 * found["settings"] - 47 == pytest.approx([-47, -23.5, -11.75, -5.875, -2.9375])
    assert found["jump"][1] == 20  # the spot at 200
    assert found["landing"][1] == 2 and len(found["landing"]) == 2
    assert found["swing"] == pytest.approx([0, 4, 0, 4, 0], abs=1e-12)


@pytest.fixture
def two_dimensions(capsys):
    found, _ = told("descent_seen_2d", capsys)
    found["film"]._draw_was_started = True  # nobody looks at it here: Matplotlib would complain
    return found


def test_errors_that_cancel_and_squares_that_do_not(two_dimensions):
    found, t = two_dimensions, np.arange(21)
    assert found["idle"].nit == 0 and list(found["idle"].x) == [-3, 3]
    across, up = -3 * 0.6**t, 3 * 0.6**t
    assert found["straight"].path == pytest.approx(np.column_stack([across, up]), abs=1e-12)
    up = 3 * (-0.6) ** t
    assert found["zigzag"].path == pytest.approx(np.column_stack([across, up]), abs=1e-12)


@pytest.mark.compiled
def test_batch_is_smooth_minibatch_trembles_stochastic_wanders(two_dimensions):
    found = two_dimensions
    gaps = {name: found["gap"](run.path) for name, run in found["runs"].items()}
    assert (np.diff(gaps["batch"]) < 0).all()
    lengths = {  # of the way that was gone over the way as the crow flies
        name: np.linalg.norm(np.diff(run.path, axis=0), axis=1).sum()
        / np.linalg.norm(run.path[-1] - run.path[0])
        for name, run in found["runs"].items()
    }
    assert lengths["batch"] < 1.5 < lengths["mini-batch"] < lengths["stochastic"] / 3
    assert gaps["mini-batch"][-1] < gaps["batch"][-1]  # further, with fewer passes
    assert gaps["stochastic"][-20:].max() > 10 * gaps["mini-batch"][-20:].max()
    assert [run.t_ for run in found["runs"].values()] == [50, 120, 400]
    assert [run.history["passes"][-1] for run in found["runs"].values()] == [50, 12, 4]


def test_an_exact_line_search_zigzags(two_dimensions):
    search, t = two_dimensions["search"], np.arange(10)
    ratio = (9 / 11) ** t
    exact = np.column_stack([10 * ratio, (-1.0) ** t * ratio])
    assert search.path[:10] == pytest.approx(exact, abs=1e-6)
    assert search.history["learning_rate"][1:10] == pytest.approx(2 / 11, abs=1e-6)


@pytest.mark.compiled
def test_many_numbers(capsys):
    found, _ = told("descent_seen_nd", capsys)
    kappas, counts = np.array([*map(float, found["counts"])]), [*found["counts"].values()]
    plain, nesterov, preconditioned = (
        np.array([count[name] for count in counts])
        for name in ("plain", "Nesterov", "preconditioned")
    )
    # In proportion to the condition number; to its root; not at all.
    assert plain / kappas == pytest.approx(np.full(3, 4.4), rel=0.15)
    assert nesterov / np.sqrt(kappas) == pytest.approx(np.full(3, 5.0), rel=0.15)
    assert (preconditioned == 1).all()
    score = {name: run.score(found["raw"], found["y"]) for name, run in found["tries"].items()}
    assert score["raw"] < 0.5 and score["standardised"] > 0.8 and score["preconditioned"] > 0.8
    stable = found["stable"]
    assert stable["minibatch"] > 0.9 * stable["batch"] > 9 * stable["stochastic"]
    assert found["suggestion"].critical_batch_size == pytest.approx(12.7, abs=0.1)


@pytest.mark.compiled
def test_small_steps_have_most_done_before_batch_has_begun(capsys):
    found, _ = told("descent_seen_nd", capsys)
    runs = found["runs"]
    after_one = {
        name: run.history["objective"][run.history["passes"] <= 1][-1] for name, run in runs.items()
    }
    assert after_one["stochastic"] < after_one["minibatch"] < 0.6 * after_one["batch"]
    assert runs["batch"].objective < min(runs["minibatch"].objective, runs["stochastic"].objective)


def test_the_cube_walks_away(capsys):
    found, printed = told("questions", capsys)
    assert 0.1 < found["halts"].path[-1] - 100 < 0.11
    warned = " ".join(printed.split())  # each was wrapped
    assert warned.count("fun seems to fall without end: has it a minimum, and the right sign?") == 2
    assert found["away"].path[:2] == pytest.approx([103, 98.95])
    assert found["steps"] == {
        "square": ["5", "16", "26", "36"],
        "size of cube": ["4", "61", "659", "6657"],
    }


def test_absolute_steps_swing_and_squared_ones_settle(capsys):
    found, _ = told("questions", capsys)
    table = found["table"]
    assert [*table.loc["absolute, rate 0.7"]] == ["3", "never", "never", "never", "0.5"]
    assert [*table.loc["absolute, rate 0.08"]] == ["26", "37", "never", "never", "0.04"]
    assert [*table.loc["square, rate 0.1"]][:4] == ["5", "16", "26", "36"]
    assert found["calm"][50:].max() < 0.12 and found["calm"][900:].max() < 0.03


@pytest.mark.compiled
def test_outliers_turn_the_line_of_least_squares_alone(capsys):
    found, _ = told("questions", capsys)
    slopes = {loss: line.coef_[0] for loss, line in found["lines"].items()}
    assert slopes["squared_error"] == pytest.approx(0.08, abs=0.005)
    assert slopes["huber"] == pytest.approx(0.40, abs=0.005)
    assert slopes["absolute_error"] == pytest.approx(0.4795, abs=0.0005)  # 0.47950 exactly


def test_other_rates_starts_and_factors(capsys):
    found, printed = told("questions", capsys)
    assert found["counts"] == {0.1: 16, 0.01: 169, 0.001: 1699}
    assert (found["below"] + found["squares"].path == 200).all()
    assert found["wild"].path[:6] == pytest.approx([103, 94, 112, 76, 148, 4])
    assert found["wild"].x == 103 and "diverged at step 20" in printed
    assert printed.endswith("True True\n")


@pytest.mark.compiled
def test_the_floor_is_the_variance_of_the_noise(capsys):
    found, _ = told("questions_noise", capsys)
    assert found["floor"] == pytest.approx(0.25, abs=0.005)
    assert found["floor"] < np.mean((found["X"] @ found["coef"] - found["y"]) ** 2)
    assert found["scores"] == pytest.approx((0.8, 0.8), abs=0.01)
    assert found["result"].statistical_error == pytest.approx(found["by_formula"], rel=0.02)


@pytest.mark.compiled
def test_the_mean_of_iterates_is_far_nearer_than_the_last(capsys):
    found, _ = told("questions_noise", capsys)
    table = found["table"]
    assert (table.loc["last iterate"] > 10).all()
    assert table.loc["last iterate"].is_monotonic_increasing
    assert (table.drop("last iterate").to_numpy() < 0.1).all()
    small = table["rate 0.005"]
    assert small["mean of the second half"] < small["mean of all"]
    assert (found["others"][0][:10_000] == found["X"]).all()


@pytest.mark.compiled
def test_when_not_to_draws_what_was_measured(capsys):
    found, printed = told("when_not_to", capsys)
    assert len(found["measured"]) > 20
    assert found["measured"]["sklearn-sgd"].isna().sum() == 1  # never
    assert printed.count("Cholesky") == 2
