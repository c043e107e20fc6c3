"""`compare`: curves against closed forms, peers against the optimum, and what is said of them."""

import itertools
import json
import math
import time
from dataclasses import replace

import naive
import numpy as np
import pytest

import fastgd
from fastgd.base.quantities import write_count, write_seconds, write_times_as_long
from fastgd.comparing.comparison import Comparison, Entry
from fastgd.comparing.judging import choose_checkpoints
from fastgd.comparing.peers import PEERS
from fastgd.comparing.problem import state_problem
from fastgd.comparing.report import shown_targets, target_name
from fastgd.comparing.runs import read_runs
from fastgd.comparing.trace import Trace, follow


def made(n=400, d=3, **keywords):
    return fastgd.datasets.make_regression(n, d, random_state=0, **keywords)[:2]


def test_batch_curves_are_the_closed_form():
    X, y = made(condition_number=5.0)
    eta, steps = 0.3, 60
    comparison = fastgd.compare(
        X,
        y,
        [f"batch:gd:learning_rate={eta}:max_iter={steps}"],
        fit_intercept=False,
        repeats=1,
    )
    (entry,) = comparison.entries
    values, basis = np.linalg.eigh(X.T @ X / len(X))
    error = basis.T @ -np.linalg.lstsq(X, y)[0]
    for passes, gap in zip(entry.passes, entry.gaps, strict=True):
        expected = 0.5 * np.sum(values * ((1 - eta * values) ** passes * error) ** 2)
        assert gap == pytest.approx(expected, rel=1e-10, abs=1e-10 * comparison.scale)
    assert entry.passes[0] == 0
    assert entry.passes[-1] == steps
    assert comparison.relative(entry.name)[0] == pytest.approx(1.0)


@pytest.mark.compiled
@pytest.mark.parametrize(
    ("loss", "keywords"),
    [
        ("squared_error", {}),
        ("squared_error", {"alpha": 0.1, "l1_ratio": 0.9}),
        ("log_loss", {"alpha": 0.01}),
        ("huber", {}),
        ("absolute_error", {}),
        ("hinge", {}),
    ],
)
def test_suboptimality_is_never_below_zero_and_repeatable(loss, keywords):
    X, y = made()
    y = (y > 0) * 1 if loss in ("log_loss", "hinge") else y
    runs = ["batch", "stochastic", "minibatch", "minibatch:adam:learning_rate=0.01:max_iter=5"]
    first, second = (
        fastgd.compare(X, y, runs, loss=loss, repeats=repeats, **keywords) for repeats in (1, 2)
    )
    for run in runs:
        assert min(first.relative(run)) >= -1e-12
        assert first.entry(run).gaps == second.entry(run).gaps
        assert first.entry(run).passes == second.entry(run).passes
    assert [len(entry.seconds) for entry in second.entries] == [2] * 4
    best_seen = loss in ("absolute_error", "hinge")
    assert (first.reference == "best seen") == best_seen
    if best_seen:
        assert min(min(first.relative(run)) for run in runs) == 0


@pytest.mark.compiled
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("fit_intercept", [False, True])
@pytest.mark.parametrize("alpha", [0.0, 0.1])
@pytest.mark.parametrize("name", [*PEERS])
def test_peers_reach_the_optimum_of_the_same_objective(name, alpha, fit_intercept, weighted):
    pytest.importorskip("sklearn", reason="peers of the extra `compare`")
    X, y = made(2000)
    X, y = X + 0.5, y + 3.0
    weights = np.random.default_rng(1).uniform(0.5, 2.0, len(X)) if weighted else None
    for loss in PEERS[name].losses:
        labels = fastgd.losses.LOSSES[loss].target == "binary"
        numbers = naive.LOSSES[loss].targets(y)
        comparison = fastgd.compare(
            X,
            (y > 3) * 1 if labels else numbers,
            [],
            loss=loss,
            alpha=alpha,
            fit_intercept=fit_intercept,
            sample_weight=weights,
            peers=[name],
            repeats=1,
            time_limit=1.0,
        )
        (entry,) = comparison.entries
        exact = math.isnan(entry.passes[-1]) or name == "numpy-batch"
        bound = 1e-9 if exact else 0.02
        assert entry.gaps[-1] <= bound * comparison.scale
        assert entry.ran


def by_hand():
    """Three runs whose figures can be read off."""

    def entry(name, gaps, pace):
        steps = [float(k) for k in range(len(gaps))]
        seconds = [[pace * factor * k for k in steps] for factor in (1.0, 2.0, 3.0)]
        return Entry(name, "words", {"variant": name}, steps, seconds, gaps, 0.5, "Done.")

    entries = (
        entry("fast", [1.0, 0.09, 0.009], 0.01),
        entry("slow", [1.0, 0.5, 0.08, 0.0009], 0.02),
        entry("lost", [1.0, math.inf], 0.01),
    )
    problem = {
        "rows": 10,
        "features": 2,
        "dtype": "float64",
        "bytes": 160,
        "loss": "SquaredError()",
    }
    return Comparison(problem, "exact", 1.0, 0.25, None, (0.1, 1e-3, "stat"), entries, 1e9)


def test_metrics_winners_and_verdicts():
    comparison = by_hand()
    assert comparison.metric("fast", "passes_to_1e-1") == 1
    assert comparison.metric("fast", "seconds_to_1e-1") == pytest.approx(0.02)  # the median
    assert comparison.metric("fast", "passes_to_1e-3") == math.inf
    assert comparison.metric("slow", "suboptimality") == 0.0009
    assert comparison.metric("slow", "seconds") == pytest.approx(0.12)
    assert [comparison.winner(t) for t in (0.1, 1e-3, "stat")] == ["fast", "slow", None]
    first, second, third = comparison.verdicts()
    assert first == (
        "1e-1: fast is first, in 20 ms and 1 pass; slow takes 4 times as long; never: lost."
    )
    assert "never: fast, lost" in second
    assert "no statistical error" in third
    assert "never" in comparison.table()
    assert [row["run"] for row in comparison.rows()] == ["fast", "slow", "lost"]


def raced(runs, statistical_error=None, targets=(0.1, 1e-3, "stat")):
    """A comparison whose runs are given as name: (seconds, passes, gaps[, stop reason])."""
    entries = tuple(
        Entry(name, "words", {}, passes, [seconds], gaps, 0.0, *(reason or ["Done."]))
        for name, (seconds, passes, gaps, *reason) in runs.items()
    )
    return replace(by_hand(), entries=entries, statistical_error=statistical_error, targets=targets)


SHORT_TABLE = """\
                         to 1e-1         to 1e-3
run                 time  passes    time  passes    final  verdict
--------------  --------  ------  ------  ------  -------  --------
minibatch:adam    1.37 s       1  2.74 s       2  9.0e-04  reached
minibatch         853 us     0.5   never          2.0e-02  first
cholesky           12 ms       -   12 ms       -  1.0e-30  first
batch:momentum  28.3 min   1,230   never          5.0e-02  partly
stochastic         never           never          5.0e-01  missed
rmsprop            never           never              inf  diverged
sklearn-sgd        never           never          1.0e+00  failed"""


def test_the_short_table_has_a_line_for_each_run():
    nan = math.nan
    comparison = raced(
        {
            "minibatch:adam": ([0, 1.37, 2.74], [0, 1, 2], [1, 0.05, 9e-4]),
            "minibatch": ([0, 853e-6], [0, 0.5], [1, 0.02]),
            "cholesky": ([0, 0.012], [nan, nan], [1, 1e-30]),
            "batch:momentum": ([0, 1700.0], [0, 1234], [1, 0.05]),
            "stochastic": ([0, 5.0], [0, 3], [1, 0.5]),
            "rmsprop": ([0, 5.0], [0, 3], [1, math.inf], str(fastgd.StopReason.DIVERGED)),
            "sklearn-sgd": ([0.0], [0], [1], "It failed: overflow"),
        }
    )
    table, _, sentences = str(comparison).partition("\n\n")
    assert table == SHORT_TABLE
    assert (
        "1e-1: minibatch is first, in 853 us and 0.5 passes; cholesky takes 14 times" in sentences
    )
    assert "1e-3: cholesky is first, in 12 ms; minibatch:adam takes 230 times" in sentences


@pytest.mark.parametrize(
    ("gaps", "word", "left"),
    [
        ([1, 0.05, 5e-4], "reached", []),
        ([1, 5e-4, 2e-3], "left again", ["1e-3"]),  # it stays at the other target
        ([1, 5e-4, 0.2], "left again", ["1e-1", "1e-3"]),
        ([1, 0.05, 0.2], "left again", ["1e-1"]),
        ([1, 0.05, 0.06], "partly", []),
        ([1, 5e-4, 0.2, 9e-4], "reached", []),  # it came back
        ([5e-4, 0.05, 2e-3], "left again", ["1e-3"]),  # it starts there, and is first
        ([5e-4, 2e-3, 1e-3], "first", []),
        ([1, 5e-4, math.inf], "left again", ["1e-1", "1e-3"]),
        ([1, 0.5, 0.6], "missed", []),
    ],
)
def test_a_verdict_is_about_where_the_run_ended(gaps, word, left):
    steps = [*range(len(gaps))]
    runs = {"best": ([0, 0.5], [0, 1], [1, 1e-4]), "walker": (steps, steps, gaps)}
    comparison = raced(runs, targets=(0.1, 1e-3))
    line = next(line for line in str(comparison).splitlines() if line.startswith("walker"))
    assert line.endswith(f"  {word}")
    for target, sentence in zip(("1e-1", "1e-3"), comparison.verdicts(), strict=True):
        assert sentence.startswith(target)
        assert ("; ended above it again: walker" in sentence) == (target in left)
        row = comparison.rows()[1]
        assert row[f"to {target}"].endswith(", left again") == (target in left)
    assert ("left again" in comparison.to_markdown()) == bool(left)


@pytest.mark.parametrize(
    ("statistical_error", "targets", "shown"),
    [
        (0.02, (1e-2, 1e-4, 1e-8, "stat"), ["stat", 1e-4]),  # 1e-8 is reached by nobody
        (1e-6, (1e-2, 1e-4, 1e-8, "stat"), [1e-2, 1e-4]),  # nor is the statistical error
        (1e-3, (1e-2, 1e-4, 1e-8, "stat"), ["stat", 1e-4]),
        (None, (1e-2, 1e-4, 1e-8, "stat"), [1e-2, 1e-4]),
        (None, (1e-8, 1e-9), [1e-8, 1e-9]),
        (0.5, (1e-2,), [1e-2]),
        (0.5, (), []),
    ],
)
def test_the_two_targets_that_are_shown(statistical_error, targets, shown):
    gaps = {"a": ([0, 1.0], [0, 1], [1, 5e-5]), "b": ([0, 1.0], [0, 1], [1, 0.009])}
    comparison = raced(gaps, statistical_error, targets)
    assert shown_targets(comparison) == shown
    assert max(map(len, str(comparison).splitlines())) <= 80


@pytest.mark.parametrize(
    "name",
    [
        "minibatch:adam:learning_rate=0.01:batch_size=256:average=true:random_state=1",
        "stochastic:nesterov:learning_rate=InverseScaling(eta0=0.01,power_t=0.25)",
        "x" * 200,
        "a:" * 60,
        "minibatch:momentum",
    ],
)
def test_no_name_is_cut_and_no_line_is_too_long(name):
    runs = {name: ([0, 1.0], [0, 1.0], [1, 5e-5]), "b": ([0, 1e7], [0, 1e-4], [1, 1e-30])}
    shown = str(raced(runs, 0.01))
    assert max(map(len, shown.splitlines())) <= 80
    table = shown.partition("\n\n")[0].splitlines()
    width = len(table[2].split()[0])
    assert name in "".join(line[:width].strip() for line in table[3:])


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1.37, "1.37 s"),
        (1370.0, "22.8 min"),
        (0.0166, "16.6 ms"),
        (0.99951, "1 s"),
        (0.0009996, "1 ms"),
        (185.4e-6, "185 us"),
        (3.2e-9, "0.0032 us"),
        (0.0, "0 s"),
        (59.96, "60 s"),
        (999.4, "999 s"),
        (7200.0, "2 h"),
        (1e6, "278 h"),
        (math.inf, "-"),
        (math.nan, "-"),
    ],
)
def test_times_have_three_digits_and_a_unit(seconds, text):
    assert write_seconds(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1 pass"),
        (0.9999, "1 pass"),
        (0.0666, "0.0666 passes"),
        (2, "2 passes"),
        (0, "0 passes"),
        (1234.5, "1,230 passes"),
        (123456.0, "123,000 passes"),
        (12345678.0, "1.23e+07 passes"),
    ],
)
def test_counts_agree_with_their_noun(value, text):
    assert write_count(value, "pass", "passes") == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1.0, "about as long"),
        (1.04, "about as long"),
        (1.06, "1.1 times as long"),
        (2.0, "2 times as long"),
        (14.2, "14 times as long"),
        (153.0, "150 times as long"),
    ],
)
def test_nothing_takes_1_times_as_long(ratio, text):
    assert write_times_as_long(ratio) == text


def test_the_wide_table_has_units_too():
    row = raced({"a": ([0, 1.37], [0, 1], [1, 1e-5])}).rows()[0]
    assert row["to 1e-1"] == "1.37 s (1.37-1.37), 1 pass"
    assert row["time"] == "1.37 s"


def test_conditions_hold_or_are_told_of_in_a_table():
    comparison = by_hand()
    comparison.require("fast.passes_to_1e-1 <= 1", "fast.seconds <= 0.5 * slow.seconds")
    with pytest.raises(AssertionError) as caught:
        comparison.require("fast.passes_to_1e-3 <= 9", "slow.passes < 2 * fast.passes_to_1e-1")
    assert "never reached" in str(caught.value)
    assert "slow.passes < 2 * fast.passes_to_1e-1 | 3 " in str(caught.value)
    for condition in ("fast.seconds <= 1", "fast.seconds <= 2 * slow.passes"):
        with pytest.raises(ValueError, match="seconds depend on the machine"):
            comparison.require(condition)


def test_regressions_are_counts_and_shares_of_bandwidth():
    then = by_hand()
    assert then.regressions(then) == []

    def changed(run, **changes):
        entries = [replace(e, **changes) if e.name == run else e for e in then.entries]
        return replace(then, entries=tuple(entries))

    slow = then.entry("slow")
    twice = changed("slow", seconds=[[2 * s for s in row] for row in slow.seconds])
    assert [row[0] for row in twice.regressions(then)] == ["slow.bandwidth_share"]
    assert then.regressions(twice) == []
    assert twice.regressions(then, slower=2.5) == []
    at_rest = changed("slow", paces=[9e9, 9e9, 9e9])
    twice_as_slow = [[2 * s for s in row] for row in slow.seconds]
    crowded = changed("slow", seconds=twice_as_slow, paces=[4e9, 5e9, 6e9])
    assert crowded.regressions(at_rest) == []  # the core was as slow as the run
    slowed = changed("slow", seconds=twice_as_slow, paces=[9e9, 9e9, 9e9])
    assert [row[0] for row in slowed.regressions(at_rest)] == ["slow.bandwidth_share"]
    still = changed("slow", passes=[0.0] * 4, seconds=[[0.0] * 4] * 3)
    assert still.regressions(still) == []
    never = changed("slow", gaps=[1.0, 0.5, 0.4, 0.3])
    assert never.regressions(then) == [
        ("slow.passes_to_1e-1", "2", "never reached"),
        ("slow.passes_to_1e-3", "3", "never reached"),
    ]
    later = changed("fast", gaps=[1.0, 0.5, 0.009])  # one checkpoint later is let pass
    assert later.regressions(then) == []
    with pytest.raises(ValueError, match="about the same problem"):
        then.regressions(replace(then, problem=then.problem | {"rows": 11}))


def test_json_comes_back_whole(tmp_path):
    comparison, path = by_hand(), tmp_path / "out.json"
    text = comparison.to_json(path)
    assert "NaN" not in text
    assert "Infinity" not in text
    for source in (text, path, str(path)):
        again = Comparison.from_json(source)
        assert again.to_json() == text
        assert str(again) == str(comparison)
    assert again.entries[2].gaps == [1.0, math.inf]


@pytest.mark.parametrize("text", ["{}", '{"format": "fastgd comparison"}', "{", '{"format": [1]}'])
def test_other_json_is_refused(text):
    with pytest.raises(ValueError, match="not a fastgd comparison"):
        Comparison.from_json(text)
    facts = json.loads(by_hand().to_json())
    with pytest.raises(ValueError, match="not a fastgd comparison"):
        Comparison.from_json(json.dumps(facts | {"version": 99}))


def test_the_report_holds_all():
    X, y = made()
    report = fastgd.compare(X, y, ["batch", "batch:gd:max_iter=3"], repeats=1).to_markdown()
    for part in ("400 rows", "| run", "1e-4:", "What ran:", "`batch`", "Numba"):
        assert part in report


def test_runs_as_texts_and_dicts():
    text = "minibatch:adam:learning_rate=0.01:batch_size=64:tol=none:average=true"
    read = read_runs([text, {"variant": "batch", "max_iter": 3}, {"name": "mine"}])
    assert read[text] == {
        "variant": "minibatch",
        "optimizer": "adam",
        "learning_rate": 0.01,
        "batch_size": 64,
        "tol": None,
        "average": True,
    }
    assert read["batch:max_iter=3"] == {"variant": "batch", "max_iter": 3}
    assert read["mine"] == {"variant": "minibatch"}


@pytest.mark.parametrize(
    ("runs", "error", "says"),
    [
        ("batch", TypeError, "a list of strings or dicts"),
        ([3], TypeError, "a string or a dict"),
        (["bacth"], ValueError, "Did you mean 'batch'"),
        (["batch:adma"], ValueError, "Did you mean 'adam'"),
        (["batch:lr=0.1"], TypeError, "Did you mean 'learning_rate'"),
        (["batch:tol=1:tol=2"], ValueError, "gives tol twice"),
        (["batch", "batch"], ValueError, "two runs are called 'batch'"),
        (["batch:loss=huber"], ValueError, "the same for all runs"),
        (["batch:verbose=1"], ValueError, "set by compare"),
        ([{"name": "two words"}], ValueError, "a word without spaces"),
        (["batch:learning_rate=-1"], ValueError, "learning_rate must be"),
        ([], ValueError, "nothing to compare"),
    ],
)
def test_runs_that_make_no_sense(runs, error, says):
    X, y = made(20)
    with pytest.raises(error, match=says):
        fastgd.compare(X, y, runs)


@pytest.mark.parametrize(
    ("keywords", "error", "says"),
    [
        ({"targets": "stat"}, TypeError, "a list of numbers"),
        ({"targets": [2.0]}, ValueError, "a target must be"),
        ({"targets": [None]}, TypeError, "a target must be"),
        ({"repeats": 0}, ValueError, "repeats must be"),
        ({"time_limit": -1}, ValueError, "time_limit must be"),
        ({"reference": "exact"}, ValueError, "reference must be"),
        ({"peers": ["lstq"]}, ValueError, "Did you mean 'lstsq'"),
        ({"peers": "lstsq"}, TypeError, "a list of names"),
        ({"peers": ["lstsq"], "loss": "huber"}, ValueError, "does not support loss='huber'"),
        ({"peers": ["lstsq"], "alpha": 1, "l1_ratio": 1}, ValueError, "an L1 penalty"),
        ({"alpha": -1}, ValueError, "alpha must be"),
    ],
)
def test_arguments_that_make_no_sense(keywords, error, says):
    X, y = made(20)
    with pytest.raises(error, match=says):
        fastgd.compare(X, y, **keywords)


def test_a_peer_of_ones_own():
    def still(problem, seed):
        """Stands still."""
        for passes in range(3):
            yield passes, np.zeros(problem.d + 1)

    X, y = made(50)
    comparison = fastgd.compare(X, y, ["batch"], peers=[still], repeats=1)
    entry = comparison.entry("still")
    assert (entry.ran, entry.passes) == ("Stands still.", [0, 1, 2])
    assert comparison.relative("still") == pytest.approx([1.0] * 3)
    assert comparison.metric("still", "passes_to_1e-2") == math.inf

    def silent(problem, seed):
        yield from ()

    with pytest.raises(ValueError, match="yielded no point"):
        fastgd.compare(X, y, ["batch"], peers=[silent], repeats=1)


def test_a_run_that_diverges_is_shown_as_it_is():
    X, y = made()
    comparison = fastgd.compare(X, y, ["batch:gd:learning_rate=9:max_iter=50"], repeats=1)
    assert "diverged" in comparison.entries[0].stop_reason
    assert max(comparison.relative(comparison.names[0])) > 1


def test_targets_have_short_names():
    assert [target_name(t) for t in (0.01, 2.5e-5, 1e-10, "stat")] == [
        "1e-2",
        "2.5e-5",
        "1e-10",
        "stat",
    ]


def test_the_picture_shows_every_run_against_passes_and_seconds(tmp_path):
    pytest.importorskip("matplotlib", reason="figures need the extra `plot`")
    comparison, path = by_hand(), tmp_path / "out.png"
    figure = comparison.plot(path)
    left, right = figure.axes
    assert [text.get_text() for text in figure.legends[0].get_texts()] == comparison.names
    assert [len(axis.lines) for axis in figure.axes] == [3, 3]
    assert left.get_yscale() == right.get_xscale() == "log"
    assert path.read_bytes().startswith(b"\x89PNG")


def test_a_method_that_breaks_down_never_arrives_and_says_why():
    X, y = made(200)
    X[:, 1] = 0.0
    peers = ["cholesky", "lstsq"]
    comparison = fastgd.compare(X, y, ["batch"], peers=peers, targets=[1e-2, 0.999], repeats=1)
    assert comparison.winner(0.999) != "cholesky"
    assert comparison.metric("cholesky", "passes_to_1e-2") == math.inf
    assert comparison.metric("lstsq", "suboptimality") < 1e-12
    assert "cholesky: It failed: Matrix is not positive definite" in str(comparison)


def test_a_peer_that_is_wrong_from_the_start_is_an_error():
    def unready(problem, seed):
        """Fails before its first point."""
        raise ValueError("no licence")
        yield

    def silent(problem, seed):
        """Ends at once."""
        yield from ()

    X, y = made(50)
    for peer, says in [(unready, "no licence"), (silent, "the peer silent yielded no point")]:
        with pytest.raises(ValueError, match=says):
            fastgd.compare(X, y, [], peers=[peer], repeats=1)
    with pytest.raises(ValueError, match="two peers are called 'silent'"):
        fastgd.compare(X, y, [], peers=[silent, silent])


@pytest.mark.parametrize("yielded", [(0.0, np.zeros(3)), np.zeros(4), (None, np.zeros(4)), "start"])
def test_a_peer_must_yield_passes_and_a_point(yielded):
    def odd(problem, seed):
        yield yielded

    X, y = made(50)
    with pytest.raises(TypeError, match=r"the peer odd must yield \(passes, point\)"):
        fastgd.compare(X, y, [], peers=[odd], repeats=1)


def test_a_peer_that_returns_or_writes_is_an_error():
    def returns(problem, seed):
        return np.zeros(4)

    def writes(problem, seed):
        problem.table[:] = 0.0
        yield 0.0, np.zeros(4)

    X, y = made(50)
    with pytest.raises(TypeError, match="the peer returns must be a generator function"):
        fastgd.compare(X, y, [], peers=[returns])
    with pytest.raises(ValueError, match="read-only"):
        fastgd.compare(X, y, [], peers=[writes])


def test_what_diverged_and_what_was_guessed_is_said():
    X, y = made(200)
    wild = fastgd.compare(X, y, ["batch:learning_rate=100"], repeats=1)
    assert "batch:learning_rate=100: It diverged" in str(wild)
    assert "best that any run saw" not in str(wild)
    kinked = fastgd.compare(X, y, ["batch"], loss="absolute_error", repeats=1)
    assert "F* is the best that any run saw." in str(kinked)


def test_an_objective_without_a_number_is_refused():
    X, y = made(50)
    with pytest.raises(ValueError, match="scale y"):
        fastgd.compare(X, 1e160 * y)


def test_a_baseline_must_be_one_and_a_factor_above_one():
    comparison = by_hand()
    for slower in (0.5, -1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="slower must be"):
            comparison.regressions(comparison, slower)
    with pytest.raises(TypeError, match="baseline must be a Comparison"):
        comparison.regressions("before.json")
    with pytest.raises(ValueError, match=r"same problem: its rows or targets are others\."):
        comparison.regressions(replace(comparison, scale=2.0))
    other = replace(comparison, problem=comparison.problem | {"features": 7, "alpha": 1.0})
    with pytest.raises(ValueError, match=r"problem: features is 7 there and \d+ here, alpha is"):
        comparison.regressions(other)


def test_a_picture_needs_a_known_ending(tmp_path):
    pytest.importorskip("matplotlib", reason="pictures of the extra `plot`")
    with pytest.raises(ValueError, match=r"must end in \.png"):
        by_hand().plot(tmp_path / "race.xyz")


@pytest.mark.parametrize(
    "change",
    [
        {"problem": {}},
        {"problem": 3},
        {"bandwidth": 0},
        {"bandwidth": "x"},
        {"optimum": "abc"},
        {"entries": []},
        {"targets": ["zz"]},
        {"machine": None},
    ],
)
def test_damaged_json_is_refused(change):
    document = json.loads(by_hand().to_json())
    with pytest.raises(ValueError, match="is not a fastgd comparison of version 1"):
        Comparison.from_json(json.dumps(document | change))


@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, "{"])
def test_other_text_is_refused(text):
    with pytest.raises(ValueError, match="the text is not a"):
        Comparison.from_json(text)


# ---------------------------------------------------------------------- what is judged, and by whom


@pytest.mark.parametrize("rate", [3.0, 5.0])
def test_of_a_run_that_diverged_what_it_returns_is_judged(rate):
    X, y = made()
    comparison = fastgd.compare(X, y, [f"batch:gd:learning_rate={rate}:max_iter=400"], repeats=1)
    with pytest.warns(fastgd.DivergenceWarning):
        result = fastgd.fit(
            X, y, "batch", learning_rate=rate, max_iter=400, random_state=0, record_path=True
        )
    (entry,) = comparison.entries
    assert entry.gaps[-1] == pytest.approx(result.objective - comparison.optimum, rel=1e-9)
    assert max(entry.gaps) > 1e9 * entry.gaps[-1]  # the curve keeps the truth


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error"])
def test_without_a_reference_the_best_that_was_seen_is_the_optimum(loss):
    X, y = made()
    runs = ["batch:gd:learning_rate=0.1:max_iter=3", "batch:gd:learning_rate=0.3:max_iter=9"]
    seen = fastgd.compare(X, y, runs, loss=loss, reference="best seen", repeats=1)
    best = min(
        fastgd.fit(X, y, "batch", loss=loss, learning_rate=rate, max_iter=steps).objective
        for rate, steps in ((0.1, 3), (0.3, 9))
    )
    assert seen.optimum == pytest.approx(best, rel=1e-12)
    assert min(min(seen.relative(run)) for run in runs) == 0.0
    assert math.isfinite(seen.scale)


@pytest.mark.parametrize("counts", [[5], [200], [200, 150, 180], [31, 40], [1000, 33]])
def test_checkpoints_are_points_that_every_repeat_has_and_both_ends(counts):
    traces = [
        Trace(passes=[0.0, *np.geomspace(0.01, 50.0, n - 1)], points=[np.zeros(2)] * n)
        for n in counts
    ]
    places = choose_checkpoints(traces)
    assert places[0] == 0 and places[-1] == min(counts) - 1
    assert places == sorted(set(places))
    assert len(places) <= 31
    assert len(places) >= min(20, min(counts))


def direct_solver(gaps, statistical_error):
    """A comparison of a method that has no passes, which are NaN."""
    entry = Entry("solve", "words", {}, [math.nan] * len(gaps), [[0.0, 2.0]], gaps, 0.1, "Done.")
    return replace(by_hand(), entries=(entry,), scale=50.0, statistical_error=statistical_error)


def test_a_direct_solver_is_not_done_before_it_has_begun():
    """Where even zero is within the statistical error."""
    comparison = direct_solver([50.0, 0.0], 70.0)
    assert comparison.metric("solve", "seconds_to_stat") == 2.0
    assert comparison.metric("solve", "seconds_to_1e-3") == 2.0


@pytest.mark.parametrize(("gap", "reached"), [(4.0, True), (6.0, False), (30.0, False)])
def test_a_target_is_a_share_of_the_way_from_zero(gap, reached):
    comparison = direct_solver([50.0, gap], 1e-9)
    seconds = comparison.metric("solve", "seconds_to_1e-1")
    assert seconds == (2.0 if reached else math.inf)
    assert comparison.metric("solve", "suboptimality") == pytest.approx(gap / 50.0)


def test_a_comparison_with_a_direct_solver_comes_back():
    comparison = direct_solver([math.inf, 0.4], 1.0)
    again = Comparison.from_json(comparison.to_json())
    assert str(again) == str(comparison)
    assert all(math.isnan(passes) for passes in again.entry("solve").passes)
    assert again.entry("solve").gaps == [math.inf, 0.4]
    assert math.isnan(again.metric("solve", "passes"))


def test_what_a_peer_does_before_its_first_point_is_not_its_running_time():
    def slow_to_start(problem, seed):
        """Import for long."""
        time.sleep(0.3)
        yield 0.0, np.zeros(problem.d + 1)
        yield 1.0, np.zeros(problem.d + 1)

    X, y = made()
    trace = follow("slow", slow_to_start, state_problem(X, y), 0, 10.0)
    assert trace.compile_seconds >= 0.3
    assert trace.seconds[0] == 0.0
    assert trace.seconds[-1] < 0.25
    assert trace.ran == "Import for long."


EXACT_PEERS = [
    (name, loss) for name in ("lstsq", "cholesky", "sklearn-ridge", "sklearn-logistic")
    for loss in PEERS[name].losses
]  # fmt: skip


@pytest.mark.parametrize(("name", "loss"), EXACT_PEERS)
def test_exact_peers_end_where_the_gradient_of_the_same_objective_vanishes(name, loss):
    """Whatever penalty, weights and intercept, which each library writes in its own way."""
    pytest.importorskip("sklearn", reason="peers of the extra `compare`")
    X, y = made(150)
    X, y = X + 0.5, (y > 0) * 1 if loss == "log_loss" else y + 3.0
    weights = np.random.default_rng(1).uniform(0.5, 2.0, len(X))
    for alpha, fit_intercept, sample_weight in itertools.product(
        (0.0, 0.3), (True, False), (None, weights)
    ):
        problem = state_problem(
            X, y, loss=loss, alpha=alpha, fit_intercept=fit_intercept, sample_weight=sample_weight
        )
        *_, (_, point) = PEERS[name].run(problem, 0)
        start, end = (problem.smooth(at)[1] for at in (np.zeros(4), np.asarray(point)))
        assert np.abs(end).max() < 1e-5 * np.abs(start).max()
        assert fit_intercept or point[-1] == 0.0


def test_a_picture_of_a_race_ends_a_thousand_times_above_the_start():
    pytest.importorskip("matplotlib", reason="pictures of the extra `plot`")
    lost = Entry(
        "lost", "words", {}, [1.0, 2.0, 3.0], [[1.0, 2.0, 3.0]], [1.0, 1e50, 1e-40], 0.0, ""
    )
    figure = replace(by_hand(), entries=(lost,)).plot()
    for ax in figure.axes:
        heights = np.concatenate(
            [line.get_ydata() for line in ax.lines if len(line.get_xdata()) > 2]
        )
        assert max(heights) == 1e3 and min(heights) == 1e-12
