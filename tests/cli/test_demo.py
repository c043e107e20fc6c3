"""`fastgd demo`: what it tells is what ran, and what ran equals the closed forms."""

import re
from itertools import pairwise

import numpy as np
import pytest
from test_cli import run

import fastgd
from fastgd.cli.demo.stories import STORIES, laser, laser2d, line, valley
from fastgd.cli.demo.stories.story import write_rate


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def told(*arguments):
    """Run `fastgd demo`, which is to go well; return what it shows."""
    done = run("demo", *arguments)
    assert (done.exit_code, done.stderr) == (0, ""), done.stderr or done.exception
    return done.stdout


def words_of(name, *rate):
    """All that a story says, at a learning rate or its usual one, in one line."""
    return " ".join(told(name, *(["--learning-rate", *rate] if rate else [])).split())


def tables(text):
    """The tables in a text, each a list of rows of cells."""
    blocks = [[]]
    for row in text.splitlines():
        if row.startswith("|"):
            blocks[-1].append([cell.strip() for cell in row.strip("|").split("|")])
        elif blocks[-1]:
            blocks.append([])
    return [block[2:] for block in blocks if block]


@pytest.mark.filterwarnings("ignore:gd (made|diverged)")  # slow and large rates are the story
@pytest.mark.parametrize("rate", [*laser.RATES, 0.9])
def test_the_laser_equals_its_closed_form(rate):
    path = laser.point_up(rate, 200).path
    exact = laser.laser_position(np.arange(len(path)), rate)
    assert np.abs(path - exact).max() <= 1e-12 * np.abs(exact).max()
    steps, _ = tables(told("laser", "--learning-rate", str(rate)))
    for t, (step, position, error, gradient, cost, truth) in enumerate(steps):
        assert int(step) == t
        assert float(position) == float(truth) == pytest.approx(exact[t], rel=1e-5)
        assert float(error) == pytest.approx(exact[t] - 100, rel=1e-5, abs=1e-5)
        assert float(gradient) == pytest.approx(2 * (exact[t] - 100), rel=1e-5, abs=1e-5)
        assert float(cost) == pytest.approx((exact[t] - 100) ** 2, rel=1e-5, abs=1e-9)


def test_the_laser_says_when_it_arrives_and_what_other_rates_do():
    text = words_of("laser")
    assert "below 1 cm from step 5, below 1 mm from step 16, below 0.1 mm from step 26" in text
    _, rates = tables(told("laser"))
    assert [(row[0], row[2]) for row in rates] == [
        ("0.005", "339"),
        ("0.01", "169"),
        ("0.1", "16"),
        ("0.5", "1"),
        ("1.5", "never"),
    ]


@pytest.mark.parametrize("curvature", [1.0, laser2d.SQUARES])
@pytest.mark.parametrize("rate", [0.01, 0.05, 0.06])
def test_two_directions_equal_their_closed_forms(rate, curvature):
    path = laser2d.point_at_a_spot(rate, curvature).path
    exact = laser2d.spot_position(np.arange(len(path)), rate, curvature)
    assert np.abs(path - exact).max() <= 1e-12


def test_equal_curvature_goes_straight_and_unequal_zig_zags():
    straight, zig_zag = tables(told("laser2d"))
    assert all(float(row[1]) == -float(row[2]) and float(row[3]) == 0 for row in straight)
    ups = [float(row[2]) for row in zig_zag]
    assert all(a * b < 0 for a, b in pairwise(ups))
    assert "it zig-zags" in words_of("laser2d")


def test_the_line_equals_the_spectrum_of_its_cost():
    X, y = line.points_on_a_line()
    result = fastgd.fit(X, y, "batch", learning_rate=0.1, max_iter=1000, record_path=1)
    best, exact = line.line_path(X, y, 0.1, 1000)
    assert np.abs(result.path - exact).max() <= 1e-12
    (rows,) = tables(told("line"))
    assert rows[-1][0] == "1000" and rows[-1][1:3] == [f"{value:.6g}" for value in best]
    assert all(row[1:3] == row[4:] for row in rows)


@pytest.mark.compiled
def test_the_valley_shows_three_variants():
    (rows,) = tables(told("valley"))
    assert [row[:3] for row in rows] == [
        ["batch", "128", "50"],
        ["minibatch", "32", "200"],
        ["stochastic", "1", "6400"],
    ]
    after_one = [float(row[3].removesuffix(" %")) for row in rows]
    assert after_one[0] > 90 > after_one[1] > after_one[2]  # steps per pass win at first
    after_all = [float(row[5].removesuffix(" %")) for row in rows]
    assert after_all[1] < after_all[2] < after_all[0]  # single rows wander at this rate


def steepest(X):
    return np.linalg.eigvalsh(X.T @ X / len(X))[-1]


EDGES = {  # of stability: 2 over the largest curvature
    "laser": 1.0,
    "laser2d": 1 / laser2d.SQUARES,
    "line": 2 / steepest(np.column_stack([line.points_on_a_line()[0], np.ones(12)])),
    "valley": 2 / steepest(valley.rows_of_the_valley()[0]),
}
RATES = ["1e-300", "1e-10", "1e-5", "0.01", "0.3", "edge", "edge+", "1", "10", "1e150", "1.7e308"]


@pytest.mark.compiled
@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("rate", RATES)
def test_any_rate_makes_a_story(name, rate):
    edge = float(EDGES[name])
    rate = {"edge": repr(edge), "edge+": repr(edge * 1.0001)}.get(rate, rate)
    text = told(name, "--learning-rate", rate)
    assert not re.search(r"\b(inf|nan)\b|e\+02 %|\(-?[01]\)\^", text), text
    usual = STORIES[name][1]
    given = "" if float(rate) == usual else f" --learning-rate {write_rate(float(rate))}"
    assert f"`fastgd demo {name}{given} --plot {name}.png`" in text
    said = " ".join(text.split())
    diverged = "divergence and stopped" in said or "diverged by step" in said
    assert diverged >= (float(rate) >= 10 * edge)
    assert diverged <= (float(rate) > edge or name == "valley")  # single rows need smaller rates


GONE, STAYS = "the error is zero after one step.", "the error stays the same."


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("name", "rate", "words"),
    [
        ("laser", "1e-300", f"is as good as 1: {STAYS} It is not below 1 cm within 3 steps"),
        ("laser", "1e-5", "the error shrinks slowly. It is not below 1 cm within 10,000 steps"),
        ("laser", "0.0002", "1 mm from step 8502, not below 0.1 mm within 10,000 steps"),
        ("laser", "0.5", f"is 0: {GONE} It is below 0.1 mm from step 1. "),
        ("laser", "0.9", "is -0.8: the error shrinks and changes sign. It is below 1 cm from"),
        ("laser", "1", "is -1: the error changes sign and keeps its size. It is not below 1 cm"),
        (
            "laser",
            "1.0001",
            "grows and changes sign. fastgd detected the divergence and stopped at step 10000.",
        ),
        (
            "laser",
            "10",
            "grows and changes sign. fastgd detected the divergence and stopped at step",
        ),
        ("laser", "1e300", "fastgd detected the divergence and stopped at step 1."),
        ("laser2d", "1e-300", "At such a small rate, nothing visible happens"),
        (
            "laser2d",
            "0.01",
            "The error upwards shrinks; that across shrinks slowly. There is no zig-zag",
        ),
        (
            "laser2d",
            "0.03125",
            "upwards is zero after one step; that across shrinks. There is no zig-zag",
        ),
        ("laser2d", "0.0625", "upwards changes sign and keeps its size; that across shrinks."),
        ("laser2d", "0.07", "The error upwards grows and changes sign; that across shrinks."),
        ("laser2d", "1", "each error changes sign and keeps its size. Now"),
        ("laser2d", "2", "each error grows and changes sign. fastgd detected the divergence"),
        ("line", "1e-300", "After 1,000 steps a and b are not within 0.01 of these."),
        ("line", "1e-4", "After 1,000 steps a and b are not within 0.01 of these."),
        ("line", "0.1", "From step 178 on both a and b are within 0.01 of these."),
        ("line", "0.2", "fastgd detected the divergence and stopped at step 136."),
        ("line", "1e300", "fastgd detected the divergence and stopped at step 2."),
        ("valley", "1e-300", "Stochastic stays at its start, to the digits shown. Batch"),
        ("valley", "0.05", "after epoch 1 stochastic, after epoch 50 minibatch."),
        ("valley", "0.5", "after epoch 1 minibatch, after epoch 50 batch."),
        ("valley", "1", "Batch comes closer with every step. Minibatch does not"),
        ("valley", "10", "Batch diverged by step 8. Minibatch diverged by step 8. Stochastic di"),
    ],
)
def test_the_words_are_true_at_the_rate_that_was_given(name, rate, words):
    assert words in words_of(name, rate)


def test_a_run_that_went_away_says_so_in_the_table():
    (rows,) = tables(told("valley", "--learning-rate", "1"))
    assert rows[0][5] == "under 1e-07 %" and rows[2][5] == "diverged by step 512"


@pytest.mark.compiled
def test_what_is_left_is_what_the_cost_says():
    X, y, runs = valley.run_down_the_valley(0.05)
    best = np.linalg.lstsq(X, y)[0]
    for run_ in runs.values():
        costs = [0.5 * np.mean((X @ w - y) ** 2) for w in (best, *run_.path)]
        left = (np.array(costs[1:]) - costs[0]) / (costs[1] - costs[0])
        assert np.abs(valley.what_is_left(X, y, run_) - left).max() < 1e-12


@pytest.mark.compiled
def test_the_race_has_every_variant():
    text = told("race")
    assert "100,000 rows x 50 features" in text and "is first" in text
    rows = text.partition("\n-----")[2].partition("\n\n")[0].splitlines()[1:]
    names = [row.split()[0] for row in rows]
    assert names == ["batch", "stochastic", "minibatch", "minibatch:adam"]


@pytest.mark.compiled
@pytest.mark.parametrize("name", [*STORIES, "race"])
def test_figures_are_saved(name, tmp_path):
    pytest.importorskip("matplotlib", reason="figures need the extra `plot`")
    assert "The figure is in a.png." in told(name, "--plot", "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    done = run("demo", name, "--plot", "a.png")
    assert done.exit_code == 2 and "give --force" in done.stderr


@pytest.mark.compiled
@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("rate", ["1e-300", "10", "1e300"])
def test_every_rate_can_be_drawn(name, rate, tmp_path):
    pytest.importorskip("matplotlib", reason="figures need the extra `plot`")
    told(name, "--learning-rate", rate, "--plot", "a.svg")
    assert "<svg" in (tmp_path / "a.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["laser", "--learning-rate", "0"], "must be a finite number above 0"),
        (["laser", "--learning-rate", "nan"], "must be a finite number above 0"),
        (["laser", "--learning-rate", "fast"], "is not a number"),
        (["laser", "--plot", "a.xyz"], "must end in .png"),
        (["laser", "--plot", "no/a.png"], "does not exist"),
        (["laser", "--force"], "--force is for --plot"),
        (["lasr"], "No such command"),
    ],
)
def test_nonsense_is_refused_in_a_line(arguments, words):
    done = run("demo", *arguments)
    assert done.exit_code == 2 and words in done.stderr and done.stderr.count("\n") == 1


def test_it_lists_its_stories():
    assert "laser2d" in told() and "fastgd demo valley --plot valley.png" in told("--help")


@pytest.mark.compiled
def test_without_matplotlib_it_says_how_to_get_figures(monkeypatch):
    for module in ("demo.command", "output_files"):
        monkeypatch.setattr(f"fastgd.cli.{module}.find_spec", lambda name: None)
    assert "`pip install matplotlib` and `fastgd demo valley --plot" in told("valley")
    done = run("demo", "valley", "--plot", "a.png")
    assert done.exit_code == 1 and "--plot needs Matplotlib" in done.stderr
