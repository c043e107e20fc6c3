"""`fastgd demo`: what it tells is what ran, and what ran equals the closed forms."""

from itertools import pairwise

import numpy as np
import pytest
from test_cli import run

import fastgd
from fastgd.cli import stories


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def told(*arguments):
    """Run `fastgd demo`, which is to go well; return what it shows."""
    done = run("demo", *arguments)
    assert (done.exit_code, done.stderr) == (0, ""), done.stderr or done.exception
    return done.stdout


def tables(text):
    """The tables in a text, each a list of rows of cells."""
    blocks = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            blocks[-1].append([cell.strip() for cell in line.strip("|").split("|")])
        elif blocks[-1]:
            blocks.append([])
    return [block[2:] for block in blocks if block]


@pytest.mark.filterwarnings("ignore:gd (made|diverged)")  # slow and large rates are the story
@pytest.mark.parametrize("rate", [*stories.RATES, 0.9])
def test_the_laser_equals_its_closed_form(rate):
    path = stories._point_up(rate, 200).path
    exact = stories.laser_position(np.arange(len(path)), rate)
    assert np.abs(path - exact).max() <= 1e-12 * np.abs(exact).max()
    steps, _ = tables(told("laser", "--learning-rate", str(rate)))
    for t, (step, position, error, gradient, cost, truth) in enumerate(steps):
        assert int(step) == t
        assert float(position) == float(truth) == pytest.approx(exact[t], rel=1e-5)
        assert float(error) == pytest.approx(exact[t] - 100, rel=1e-5, abs=1e-5)
        assert float(gradient) == pytest.approx(2 * (exact[t] - 100), rel=1e-5, abs=1e-5)
        assert float(cost) == pytest.approx((exact[t] - 100) ** 2, rel=1e-5, abs=1e-9)


def test_the_laser_says_when_it_arrives_and_what_other_rates_do():
    text = " ".join(told("laser").split())
    assert "below 1 cm from step 5, below 1 mm from step 16, below 0.1 mm from step 26" in text
    _, rates = tables(told("laser"))
    assert [(row[0], row[2]) for row in rates] == [
        ("0.005", "339"),
        ("0.01", "169"),
        ("0.1", "16"),
        ("0.5", "1"),
        ("1.5", "never"),
    ]
    assert "never gets below 1 cm" in " ".join(told("laser", "--learning-rate", "1.5").split())


@pytest.mark.parametrize("curvature", [1.0, stories.SQUARES])
@pytest.mark.parametrize("rate", [0.05, 0.2, 0.24])
def test_two_directions_equal_their_closed_forms(rate, curvature):
    path = stories._point_at_a_spot(rate, curvature).path
    exact = [stories.spot_position(t, rate, curvature) for t in range(len(path))]
    assert np.abs(path - exact).max() <= 1e-12


def test_equal_curvature_goes_straight_and_unequal_zig_zags():
    straight, zig_zag = tables(told("laser2d"))
    assert all(float(row[1]) == -float(row[2]) and float(row[3]) == 0 for row in straight)
    ups = [float(row[2]) for row in zig_zag]
    assert all(a * b < 0 for a, b in pairwise(ups))
    assert "it zig-zags" in " ".join(told("laser2d").split())
    for rate, words in (("0.05", "creeps along the floor"), ("0.3", "Upwards that runs away")):
        assert words in " ".join(told("laser2d", "--learning-rate", rate).split())


def test_the_line_equals_the_spectrum_of_its_cost():
    X, y = stories.points_on_a_line()
    result = fastgd.fit(X, y, "batch", learning_rate=0.1, max_iter=1000, record_path=1)
    best, exact = stories.line_path(X, y, 0.1, 1000)
    assert np.abs(result.path - exact).max() <= 1e-12
    (rows,) = tables(told("line"))
    assert rows[-1][0] == "1000" and rows[-1][1:3] == [f"{value:.6g}" for value in best]
    assert all(row[1:3] == row[4:] for row in rows)


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


@pytest.mark.compiled
def test_the_race_has_every_variant():
    text = told("race")
    assert "100,000 rows x 50 features" in text and "is first" in text
    assert [row[0] for row in tables(text)[0]] == [
        "batch",
        "stochastic",
        "minibatch",
        "minibatch:adam",
    ]


@pytest.mark.compiled
@pytest.mark.parametrize("name", [*stories.STORIES, "race"])
def test_pictures_are_saved(name, tmp_path):
    pytest.importorskip("matplotlib", reason="pictures need the extra `plot`")
    assert "The picture is in a.png." in told(name, "--plot", "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    done = run("demo", name, "--plot", "a.png")
    assert done.exit_code == 2 and "give --force" in done.stderr


def test_a_rate_that_runs_away_can_be_drawn(tmp_path):
    pytest.importorskip("matplotlib", reason="pictures need the extra `plot`")
    told("laser", "--learning-rate", "1.5", "--plot", "a.svg")
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


def test_without_matplotlib_it_says_how_to_get_pictures(monkeypatch):
    monkeypatch.setattr("fastgd.cli.demo.find_spec", lambda name: None)
    assert 'pip install "fastgd[plot]"` and add --plot valley.png' in told("valley")
    done = run("demo", "valley", "--plot", "a.png")
    assert done.exit_code == 1 and "--plot needs Matplotlib" in done.stderr
