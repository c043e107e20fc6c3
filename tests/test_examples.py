"""The examples of `minimize`: each runs, and comes to what its page says."""

import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
MOST_LINES = 80

pytest.importorskip("matplotlib", reason="pictures need the extra `plot`")


def ran(name, capsys):
    """Run an example; return its variables and what it printed."""
    path = EXAMPLES / f"{name}.py"
    assert len(path.read_text(encoding="utf-8").splitlines()) < MOST_LINES
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
    assert found["run"].njev == len(found["order"]) + 1


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
