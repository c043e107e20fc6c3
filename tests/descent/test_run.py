"""A run is a function of its inputs: stopping, watching, threads and replaying change no bit of it.

`small_pieces` shrinks the windows, blocks and pieces that the package cuts its work into, so that
a table of a few rows is cut everywhere a table of millions would be.
"""

import _thread
import dataclasses
import hashlib
import inspect
import itertools
import math
import os
import pickle
import re
import signal
import subprocess
import sys
import time
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

import fastgd
from fastgd.base import threads
from fastgd.data import orders as order
from fastgd.data.inputs import check_initial, make_source
from fastgd.data.orders import draw_seed
from fastgd.descent import recording
from fastgd.descent.divergence import DivergenceGuard, start_losses
from fastgd.descent.evaluation import Evaluation
from fastgd.descent.run import Run
from fastgd.descent.stopping import choose_rule
from fastgd.gradients import full_pass as passes
from fastgd.gradients import team
from fastgd.monitoring import stopwatch
from fastgd.planning.pilot.coordinates import identity
from fastgd.planning.plan import Plan, make_plan
from fastgd.planning.request import read_request
from fastgd.planning.stopping import Stopping

VARIANTS = ["batch", "stochastic", "minibatch"]
N, D = 23, 3


class Data:
    """A small table with a regression target, two labels and weights."""

    def __init__(self, n=N, d=D, seed=0):
        rng = np.random.default_rng(seed)
        self.X = rng.standard_normal((n, d))
        self.y = self.X @ np.linspace(-1.0, 2.0, d) + 0.5 + 0.3 * rng.standard_normal(n)
        self.labels = np.where(self.y > 0.5, "yes", "no")
        self.weights = rng.uniform(0.2, 2.0, n)

    def target(self, settings):
        return self.labels if settings.get("loss") == "log_loss" else self.y


TINY = Data()


@pytest.fixture
def small_pieces(monkeypatch):
    """Windows of a few visits, blocks of four rows, threads for one value."""
    monkeypatch.setattr(order, "WINDOW_WORK", 5 * (D + 16))
    monkeypatch.setattr(order, "PIECE_BYTES", 2 * D * 8)
    monkeypatch.setattr(order, "BUFFER_BYTES", 0)
    monkeypatch.setattr(order, "MIN_PIECES", 4)
    monkeypatch.setattr(order, "MIN_ROWS", 1)
    monkeypatch.setattr(passes, "BLOCK_VALUES", 4 * (D + 1))
    monkeypatch.setattr(passes, "CALL_VALUES", 8 * (D + 1))
    monkeypatch.setattr(team, "THREAD_VALUES", 1)
    monkeypatch.setattr(passes, "TASK_VALUES", 1)


def bits(result):
    return np.append(result.coef_, result.intercept_).tobytes()


def orders(n_epochs, n_visits=N, n=N):
    return np.random.default_rng(7).integers(0, n, (n_epochs, n_visits))


# ------------------------------------------------------------------------------ stopping, going on


def prepared(data, variant, settings):
    """The plan and the source that fit would make."""
    defaults = {name: p.default for name, p in inspect.signature(fastgd.fit).parameters.items()}
    chosen = {**defaults, **settings, "variant": variant}
    request = read_request(**{k: chosen[k] for k in inspect.signature(read_request).parameters})
    weights = settings.get("sample_weight")
    source = make_source(data.X, data.target(settings), weights, request.loss.target)
    initial = check_initial(settings.get("coef_init"), None, source.d, True)
    return make_plan(request, source, initial, draw_seed(5)), source


def final_state(plan, source, cuts=()):
    """The state after all epochs; at each cut (visits of the whole run so far) a copy goes on."""
    length = plan.order.length
    run = Run(plan, source)
    for cut in [*cuts, plan.max_iter * length]:
        while (made := run.state.epoch * length + run.state.visit) < cut:
            run.advance(cut - made)
        run.__exit__(None, None, None)
        run = Run(plan, source, run.state.copy())
    return run.state


def parts(value):
    """The arrays and numbers of a state, or of a part of one, by name."""
    if isinstance(value, tuple):
        return {str(k): item for k, item in enumerate(value)}
    return vars(value) if dataclasses.is_dataclass(value) else {}


def assert_same_state(state, expected):
    for name, theirs in parts(expected).items():
        ours = parts(state)[name]
        if parts(theirs):
            assert_same_state(ours, theirs)
        else:
            np.testing.assert_array_equal(ours, theirs, strict=True, err_msg=name)


CUT_RUNS = {
    "batch": ("batch", {"learning_rate": 0.1, "max_iter": 4}),
    "batch, adam, averaged, weights": (
        "batch",
        {
            "learning_rate": fastgd.Adaptive(eta0=0.1, patience=1, tol=0.5),
            "optimizer": "adam",
            "average": True,
            "sample_weight": TINY.weights,
            "max_iter": 4,
        },
    ),
    "batch, self-tuned, elastic net": (
        "batch",
        {"alpha": 0.1, "l1_ratio": 0.5, "loss": "log_loss", "max_iter": 3},
    ),
    "stochastic, self-tuned": ("stochastic", {"max_iter": 5}),
    "stochastic, momentum, injected": (
        "stochastic",
        {"learning_rate": 0.02, "optimizer": "momentum", "shuffle": orders(3, 19)},
    ),
    "minibatch, adaptive, averaged": (
        "minibatch",
        {
            "learning_rate": fastgd.Adaptive(eta0=0.1, factor=0.5, patience=1, tol=0.3),
            "average": True,
            "batch_size": 7,
            "max_iter": 4,
        },
    ),
    "minibatch, adam, replacement, weights": (
        "minibatch",
        {
            "learning_rate": fastgd.Cosine(eta0=0.1, n_steps=9),
            "optimizer": "adam",
            "shuffle": "replacement",
            "sample_weight": TINY.weights,
            "batch_size": 10,
            "max_iter": 3,
        },
    ),
    "minibatch, self-tuned, as they lie": (
        "minibatch",
        {"shuffle": False, "batch_size": 9, "alpha": 0.1, "loss": "log_loss", "max_iter": 3},
    ),
}


@pytest.mark.parametrize("name", CUT_RUNS)
def test_a_run_cut_at_any_visit_ends_in_the_same_state(name, small_pieces):
    plan, source = prepared(TINY, *CUT_RUNS[name])
    expected = final_state(plan, source)
    total = plan.max_iter * plan.order.length
    assert expected.epoch == plan.max_iter
    for cut in range(1, total):
        assert_same_state(final_state(plan, source, [cut]), expected)
    assert_same_state(final_state(plan, source, range(1, total)), expected)


@pytest.mark.parametrize("name", CUT_RUNS)
def test_a_run_cut_at_random_visits_ends_in_the_same_state(name, small_pieces):
    plan, source = prepared(TINY, *CUT_RUNS[name])
    expected = final_state(plan, source)
    rng = np.random.default_rng(1)
    for _ in range(20):
        cuts = np.sort(rng.integers(0, plan.max_iter * plan.order.length, rng.integers(2, 9)))
        assert_same_state(final_state(plan, source, cuts.tolist()), expected)


NO_COUNT = ["momentum", "nesterov", "adagrad", "rmsprop"]  # Adam's steps depend on their number


@pytest.mark.parametrize("average", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("optimizer", NO_COUNT)
def test_a_run_sent_back_takes_the_steps_of_a_new_one_at_a_quarter_of_the_rate(
    optimizer, variant, average
):
    """Nothing of what led away is left: no slot, no gradient, no sum of iterates."""
    settings = {"optimizer": optimizer, "learning_rate": 0.1, "shuffle": False}
    settings |= {"average": average, "max_iter": 9}
    if variant == "minibatch":
        settings["batch_size"] = 7
    plan, source = prepared(TINY, variant, settings)
    good = np.linspace(1.0, 2.0, D + 1)
    back, visits = Run(plan, source), N + (0 if variant == "batch" else 21)
    back.advance(visits)
    back.advance(visits - N)
    back.go_on_from(good)
    slower = dataclasses.replace(plan, schedule=fastgd.Constant(0.025), initial=good)
    new = Run(slower, source)
    new.state.visit = back.state.visit
    for _ in range(3):
        for run in (back, new):
            run.advance(run.visits_left)
        np.testing.assert_allclose(back.state.coef, new.state.coef, rtol=1e-14)
        np.testing.assert_allclose(back.coefficients(), new.coefficients(), rtol=1e-14)
        assert back.learning_rate == pytest.approx(0.025)
        assert back.loss_of_epoch == pytest.approx(new.loss_of_epoch)


REMEMBERED = {
    "gradient norm": ("batch", {"learning_rate": 0.3, "tol": 1e-2}),
    "no progress": ("stochastic", {"learning_rate": 0.05, "tol": 1e-2}),
    "diverges": ("stochastic", {"learning_rate": 30.0}),
}


@pytest.mark.parametrize("name", REMEMBERED)
def test_the_state_remembers_what_stopping_rules_and_the_guard_know(name):
    """A new run, rule and guard after every epoch decide as those that are kept do."""
    plan, source = prepared(TINY, *REMEMBERED[name])
    kept, new = Run(plan, source), Run(plan, source)
    losses = start_losses(kept)
    guard, rule = DivergenceGuard(kept, *losses), choose_rule(plan)
    verdicts = []
    for _ in range(30):
        new = Run(plan, source, pickle.loads(pickle.dumps(new.state)))
        new_guard, new_rule = DivergenceGuard(new, *losses), choose_rule(plan)
        for run in (kept, new):
            run.advance(run.visits_left)
        sound = guard.is_sound()
        assert new_guard.is_sound() == sound
        verdicts.append((sound, sound and rule.is_met(kept)))
        assert (sound and new_rule.is_met(new)) == verdicts[-1][1]
        assert_same_state(
            dataclasses.replace(new.state, safeguard=None),
            dataclasses.replace(kept.state, safeguard=None),
        )
        ours, theirs = (list(vars(run.state.safeguard).values()) for run in (new, kept))
        np.testing.assert_array_equal(np.hstack(ours), np.hstack(theirs))
        if verdicts[-1] != (True, False):
            break
    assert verdicts[-1] == (name != "diverges", name != "diverges")


@pytest.mark.parametrize("name", CUT_RUNS)
def test_no_step_needs_the_number_of_rows_of_the_table(name, monkeypatch):
    """What divides by it is the length of the epoch, which its end tells."""
    plan, source = prepared(TINY, *CUT_RUNS[name])
    run, length, start = Run(plan, source), plan.order.length, 0
    run.load()
    monkeypatch.setattr(source, "n", None)
    while start < length:
        stop = run.stepper.done(min(length, run.stepper.end_of_call(start)))
        run.stepper.advance(start, stop)
        start = stop
    assert run.state.t == run.stepper.steps_at(length)


def test_a_copied_state_goes_its_own_way():
    plan, source = prepared(TINY, "minibatch", CUT_RUNS["minibatch, adaptive, averaged"][1])
    run = Run(plan, source)
    run.advance(10)
    copied, twin = run.state.copy(), run.state.copy()
    run.advance(13)
    assert_same_state(copied, twin)
    assert run.state.t > copied.t


@pytest.mark.compiled
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_large_run_cut_anywhere_ends_in_the_same_state(variant):
    """The real windows and blocks, cut inside them and between them."""
    data = Data(n=300_000, d=10)
    settings = {"learning_rate": 0.01, "max_iter": 2}
    if variant == "minibatch":
        settings |= {"batch_size": 250, "shuffle": "replacement"}
    plan, source = prepared(data, variant, settings)
    expected = final_state(plan, source)
    block = Run(plan, source).full.block_rows
    edges = [plan.order.window, block, 7 * block, 300_000]
    cuts = sorted({edge + k for edge in edges for k in (-1, 0, 1, 39)} | {100_001, 450_003})
    assert_same_state(final_state(plan, source, cuts), expected)


# ------------------------------------------------------------------------------------ being watched

WATCHED = {
    "textbook": {"learning_rate": 0.05, "max_iter": 9, "random_state": 3},
    "self-tuned": {"max_iter": 9, "tol": None, "random_state": 3},
}
WATCHERS = {
    "callback": {"callback": lambda state: None},
    "objective": {"record": ["objective", "grad_norm"]},
    "path of records": {"record_path": True},
    "path of steps": {"record_path": 1},
    "path of every seventh step": {"record_path": 7},
    "time limit": {"time_limit": 1e6},
    "verbose": {"verbose": 1},
    "one thread": {"n_threads": 1},
    "three threads": {"n_threads": 3},
    "all": {
        "callback": lambda state: False,
        "record": "objective",
        "record_path": 3,
        "time_limit": 1e6,
        "verbose": 1,
        "n_threads": 2,
    },
}


@pytest.mark.parametrize("watcher", WATCHERS)
@pytest.mark.parametrize("mode", WATCHED)
@pytest.mark.parametrize("variant", VARIANTS)
def test_being_watched_changes_no_bit(variant, mode, watcher, small_pieces):
    settings = {**WATCHED[mode], "average": True} if watcher == "all" else WATCHED[mode]
    if variant == "minibatch":
        settings = {**settings, "batch_size": 5}
    plain = fastgd.fit(TINY.X, TINY.y, variant, **settings)
    watched = fastgd.fit(TINY.X, TINY.y, variant, **settings, **WATCHERS[watcher])
    assert bits(watched) == bits(plain)
    assert (watched.n_iter_, watched.t_) == (plain.n_iter_, plain.t_)
    assert watched.objective == plain.objective


@pytest.mark.compiled
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("variant", VARIANTS)
def test_threads_and_records_change_no_bit_of_a_large_run(variant, dtype, monkeypatch):
    started, start = [], threads.start_new_thread

    def count(function, arguments):
        started.extend([function] * (function is threads._work))
        return start(function, arguments)

    monkeypatch.setattr(threads, "start_new_thread", count)
    data = Data(n=150_000, d=10)
    X = data.X.astype(dtype)
    settings = {"learning_rate": 0.01, "max_iter": 3, "random_state": 0}
    plain = fastgd.fit(X, data.y, variant, n_threads=1, **settings)
    assert started == []
    for n_threads in (2, 3):
        watched = fastgd.fit(
            X, data.y, variant, n_threads=n_threads, record="objective", record_path=True,
            callback=lambda state: None, **settings,
        )  # fmt: skip
        assert bits(watched) == bits(plain)
        assert watched.objective == plain.objective
    assert len(started) == 1 + 2  # beside the caller, once for the whole of a fit


def test_no_thread_outlives_a_fit(small_pieces):
    before = _thread._count()
    fastgd.fit(TINY.X, TINY.y, "batch", learning_rate=0.1, max_iter=3, n_threads=4)
    with pytest.raises(ValueError, match="contains NaN"):
        fastgd.fit(TINY.X * np.nan, TINY.y, "batch", learning_rate=0.1, n_threads=4)
    deadline = time.monotonic() + 10
    while _thread._count() > before and time.monotonic() < deadline:
        time.sleep(0.001)  # it has said that it ends
    assert _thread._count() == before


class Clock:
    """A clock that moves on by one second whenever it is read."""

    def __init__(self):
        self.reads = itertools.count()

    def perf_counter(self):
        return float(next(self.reads))


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_time_limit_stops_within_an_epoch_and_changes_nothing_before(
    variant, small_pieces, monkeypatch
):
    monkeypatch.setattr(stopwatch, "time", Clock())
    monkeypatch.setattr(recording, "FREE_VALUES", 0)
    settings = {"learning_rate": 0.05, "max_iter": 50, "random_state": 3, "record_path": 1}
    if variant == "minibatch":
        settings["batch_size"] = 5
    everything = fastgd.fit(TINY.X, TINY.y, variant, **settings)
    cut_within = 0
    for limit in range(30, 60):
        cut = fastgd.fit(TINY.X, TINY.y, variant, time_limit=limit, **settings)
        assert cut.stop_reason is fastgd.StopReason.TIME_LIMIT
        assert 0 < cut.t_ < everything.t_
        assert cut.path.tobytes() == everything.path[: len(cut.path)].tobytes()
        if variant != "batch":
            assert cut.path_steps[-1] == cut.t_
        assert bits(cut) == everything.path[cut.path_steps[-1]].tobytes()
        cut_within += cut.history["passes"][-1] % 1 != 0
    assert cut_within > 0


def test_verbose_prints_a_line_per_record(capsys):
    settings = {"learning_rate": 0.1, "max_iter": 4, "random_state": 0}
    fastgd.fit(TINY.X, TINY.y, **settings)
    assert capsys.readouterr().out == ""
    result = fastgd.fit(TINY.X, TINY.y, verbose=1, **settings)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(result.history["epoch"])
    assert lines[-1].startswith("epoch 4  step 4 ")


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_callback_sees_every_epoch(variant):
    seen = []
    result = fastgd.fit(
        TINY.X, TINY.y, variant, learning_rate=0.05, max_iter=4, random_state=1, record_path=1,
        callback=seen.append,
    )  # fmt: skip
    assert [state.epoch for state in seen] == [1, 2, 3, 4]
    assert [state.passes for state in seen] == [1, 2, 3, 4]
    assert [state.step for state in seen] == [result.t_ // 4 * k for k in (1, 2, 3, 4)]
    assert [state.learning_rate for state in seen] == [0.05] * 4
    for state in seen:
        expected = result.path[state.step]
        np.testing.assert_array_equal(np.append(state.coef, state.intercept), expected)
        state.coef[:] = np.nan  # a copy
    assert np.isfinite(result.coef_).all()


def test_an_error_in_a_callback_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        fastgd.fit(TINY.X, TINY.y, learning_rate=0.1, callback=lambda state: 1 / 0)


# ------------------------------------------------------------------------- the same bits once more


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("mode", WATCHED)
@pytest.mark.parametrize("variant", VARIANTS)
def test_same_seed_same_bits(variant, mode, dtype):
    X = TINY.X.astype(dtype)
    first, second = (fastgd.fit(X, TINY.y, variant, **WATCHED[mode]) for _ in range(2))
    assert bits(first) == bits(second)
    for column in set(first.history) - {"seconds"}:
        np.testing.assert_array_equal(first.history[column], second.history[column])


@pytest.mark.parametrize("variant", ["stochastic", "minibatch"])
def test_another_seed_is_another_run(variant):
    runs = [
        fastgd.fit(
            TINY.X, TINY.y, variant, learning_rate=0.1, max_iter=2, random_state=seed, **size
        )
        for seed in range(5)
        for size in [{"batch_size": 4} if variant == "minibatch" else {}]
    ]
    assert len({bits(run) for run in runs}) == 5


@pytest.mark.parametrize("shuffle", [True, "replacement"])
def test_the_order_does_not_depend_on_the_type(shuffle, small_pieces):
    """A step of rate 1 on x = (1, 0, 0) puts the row's target into the coefficient."""
    n = 57
    X = np.zeros((n, D))
    X[:, 0] = 1.0
    runs = [
        fastgd.fit(
            X.astype(dtype, order=layout), np.arange(n), "stochastic", learning_rate=1.0,
            shuffle=shuffle, fit_intercept=False, max_iter=3, random_state=4, record_path=1,
        )
        for dtype in (np.float64, np.float32, np.int32)
        for layout in "CF"
    ]  # fmt: skip
    assert len(set(runs[0].path[:, 0])) > 30
    for run in runs[1:]:
        np.testing.assert_array_equal(run.path, runs[0].path)


@pytest.mark.parametrize("variant", VARIANTS)
def test_inputs_are_left_as_they_were(variant):
    X, y, weights = TINY.X.copy(), TINY.y.copy(), TINY.weights.copy()
    start, visits = np.array([0.1, 0.2, 0.3]), orders(4)
    inputs = [X, y, weights, start, visits]
    before = [hashlib.sha256(array).digest() for array in inputs]
    result = fastgd.fit(
        X, y, variant, learning_rate=0.05, sample_weight=weights, coef_init=start, shuffle=visits,
        max_iter=4, alpha=0.1, l1_ratio=0.5, record="objective", optimizer="adam",
    )  # fmt: skip
    result.score(X, y, weights)
    assert [hashlib.sha256(array).digest() for array in inputs] == before
    assert all(array.flags.writeable for array in inputs)


# ------------------------------------------------------------------------------------------ recipes

REPLAYED = {
    "textbook": {"learning_rate": 0.05, "max_iter": 5},
    "textbook, no seed, adam": {"learning_rate": 0.05, "max_iter": 3, "optimizer": "adam"},
    "textbook, generator": {
        "learning_rate": fastgd.InverseScaling(eta0=0.1),
        "max_iter": 3,
        "random_state": np.random.default_rng(3),
        "average": True,
    },
    "textbook, tol": {"learning_rate": 0.2, "max_iter": 4000, "tol": 1e-3, "random_state": 1},
    "callable, start, no intercept": {
        "learning_rate": lambda t: 0.1 / np.sqrt(t),
        "max_iter": 3,
        "coef_init": [1.0, 2.0, 3.0],
        "fit_intercept": False,
    },
    "huber, elastic net": {
        "learning_rate": 0.1,
        "max_iter": 3,
        "loss": fastgd.Huber(delta=0.5),
        "alpha": 0.2,
        "l1_ratio": 0.4,
    },
    "replacement": {"learning_rate": 0.05, "max_iter": 3, "shuffle": "replacement"},
    "weights": {"learning_rate": 0.05, "max_iter": 3, "sample_weight": TINY.weights},
    "weights, self-tuned": {"sample_weight": TINY.weights},
    "self-tuned": {},
    "self-tuned, log loss": {"loss": "log_loss", "alpha": 0.1},
    "self-tuned, momentum": {"optimizer": "momentum", "random_state": 5},
    "stopped by a callback": {
        "learning_rate": 0.05,
        "max_iter": 20,
        "callback": lambda state: state.epoch == 7,
    },
}


@pytest.mark.filterwarnings("ignore::fastgd.ConvergenceWarning")
@pytest.mark.parametrize("name", REPLAYED)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_recipe_replays_the_run(variant, name):
    settings = REPLAYED[name]
    y = TINY.target(settings)
    first = fastgd.fit(TINY.X, y, variant, **settings)
    again = fastgd.fit(TINY.X, y, **first.recipe)
    assert bits(again) == bits(first)
    assert (again.n_iter_, again.t_) == (first.n_iter_, first.t_)
    assert bits(fastgd.fit(TINY.X, y, **again.recipe)) == bits(first)


@pytest.mark.parametrize("stop", [None, 2])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_recipe_replays_an_injected_order(variant, stop):
    first = fastgd.fit(
        TINY.X, TINY.y, variant, learning_rate=0.05, shuffle=orders(4), max_iter=4,
        callback=lambda state: state.epoch == stop,
    )  # fmt: skip
    assert first.n_iter_ == (stop or 4)
    again = fastgd.fit(TINY.X, TINY.y, **first.recipe)
    assert bits(again) == bits(first) and again.n_iter_ == first.n_iter_


@pytest.mark.parametrize("visits", [None, orders(40)])
@pytest.mark.parametrize("learning_rate", [0.9, 3.0, 1e9])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_recipe_replays_a_run_that_diverged(variant, learning_rate, visits, small_pieces):
    settings = {"learning_rate": learning_rate, "random_state": 0, "batch_size": 8}
    settings |= {"max_iter": 200} if visits is None else {"shuffle": visits}
    if variant != "minibatch":
        del settings["batch_size"]
    if visits is not None and variant == "batch":
        settings["max_iter"] = 200
    X = 2 * TINY.X
    with pytest.warns(fastgd.DivergenceWarning):
        first = fastgd.fit(X, TINY.y, variant, **settings)
    with pytest.warns(fastgd.DivergenceWarning):
        again = fastgd.fit(X, TINY.y, **first.recipe)
    assert bits(again) == bits(first)


def test_the_recipe_of_a_run_cut_within_an_epoch_replays_its_whole_epochs(
    small_pieces, monkeypatch
):
    monkeypatch.setattr(stopwatch, "time", Clock())
    settings = {"learning_rate": 0.05, "random_state": 3, "record_path": 1}
    cut = fastgd.fit(TINY.X, TINY.y, "stochastic", time_limit=150, **settings)
    assert cut.n_iter_ > 1 and cut.t_ % N != 0
    again = fastgd.fit(TINY.X, TINY.y, **cut.recipe)
    assert again.n_iter_ == cut.n_iter_
    assert bits(again) == cut.path[cut.n_iter_ * N].tobytes()


def test_a_recipe_does_not_follow_later_changes_of_the_inputs():
    start, visits = np.array([1.0, 2.0, 3.0]), orders(2)
    first = fastgd.fit(
        TINY.X, TINY.y, "stochastic", learning_rate=0.05, coef_init=start, shuffle=visits
    )
    start[:], visits[:] = 0.0, 0
    assert bits(fastgd.fit(TINY.X, TINY.y, **first.recipe)) == bits(first)


# ----------------------------------------------------------------------------------- why a run ends


@pytest.mark.parametrize("variant", VARIANTS)
def test_it_makes_exactly_the_epochs_it_is_asked_for(variant):
    result = fastgd.fit(TINY.X, TINY.y, variant, learning_rate=0.05, max_iter=6)
    assert result.stop_reason is fastgd.StopReason.MAX_ITER
    assert result.n_iter_ == 6 and result.converged is None


@pytest.mark.parametrize("answer", [True, np.True_, StopIteration])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_callback_ends_the_run(variant, answer):
    def callback(state):
        if state.epoch == 3:
            if answer is StopIteration:
                raise answer
            return answer
        return None

    result = fastgd.fit(TINY.X, TINY.y, variant, learning_rate=0.05, callback=callback)
    assert result.stop_reason is fastgd.StopReason.CALLBACK
    assert result.n_iter_ == 3


@pytest.mark.parametrize("answer", [False, None, 0, 1, "stop"])
def test_only_true_ends_the_run(answer):
    result = fastgd.fit(
        TINY.X, TINY.y, learning_rate=0.05, max_iter=3, callback=lambda state: answer
    )
    assert result.stop_reason is fastgd.StopReason.MAX_ITER


def test_batch_stops_where_the_gradient_has_shrunk_to_tol():
    settings = {"learning_rate": 0.3, "alpha": 0.2, "l1_ratio": 0.5, "record_path": 1}
    result = fastgd.fit(TINY.X, TINY.y, "batch", tol=1e-4, max_iter=1000, **settings)
    assert result.stop_reason is fastgd.StopReason.TOLERANCE and result.converged is True

    def norm(point):
        """The least subgradient of F."""
        coef, intercept = point[:-1], point[-1]
        r = TINY.X @ coef + intercept - TINY.y
        g = TINY.X.T @ r / N + 0.1 * coef
        shrunk = np.sign(g) * np.maximum(np.abs(g) - 0.1, 0.0)
        return np.hypot(
            np.linalg.norm(np.where(coef == 0, shrunk, g + 0.1 * np.sign(coef))), r.mean()
        )

    norms = np.array([norm(point) for point in result.path[:-1]])  # before each step
    assert norms[-1] <= 1e-4 * norms[0]
    assert (norms[:-1] > 1e-4 * norms[0]).all()


@pytest.mark.parametrize("variant", ["stochastic", "minibatch"])
def test_the_others_stop_five_epochs_after_the_best(variant):
    """Loss + penalty of an epoch, against the best so far: tol |best| below it is progress."""
    values = []

    def callback(state):
        w = state.coef
        values.append(state.loss + 0.3 * (0.35 * w @ w + 0.3 * np.abs(w).sum()))

    result = fastgd.fit(
        TINY.X, TINY.y, variant, learning_rate=0.02, alpha=0.3, l1_ratio=0.3, tol=1e-3,
        max_iter=5000, random_state=0, callback=callback,
    )  # fmt: skip
    best, waits = np.inf, [0]
    for value in values:
        progress = value < best - 1e-3 * abs(best) or best == np.inf
        waits.append(0 if progress else waits[-1] + 1)
        best = min(best, value)
    assert result.stop_reason is fastgd.StopReason.TOLERANCE and result.converged is True
    assert result.n_iter_ == len(values) == waits.index(5) > 6


@pytest.mark.parametrize("variant", VARIANTS)
def test_hitting_the_cap_warns(variant):
    with pytest.warns(fastgd.ConvergenceWarning, match=r"max_iter=4 .*tol=1e-09"):
        result = fastgd.fit(TINY.X, TINY.y, variant, learning_rate=0.01, tol=1e-9, max_iter=4)
    assert result.stop_reason is fastgd.StopReason.CAPPED
    assert result.n_iter_ == 4 and result.converged is False


def test_every_reason_is_a_sentence():
    for reason in fastgd.StopReason:
        assert re.fullmatch(r"[A-Z].*\.", str(reason))


@pytest.mark.parametrize("watcher", ["path of steps", "path of every seventh step", "all"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_being_watched_changes_no_bit_of_a_run_that_diverges(variant, watcher):
    settings = {"learning_rate": 0.9, "max_iter": 300, "random_state": 3}
    if variant == "minibatch":
        settings["batch_size"] = 5
    X = 2 * TINY.X
    with pytest.warns(fastgd.DivergenceWarning) as first:
        plain = fastgd.fit(X, TINY.y, variant, **settings)
    with pytest.warns(fastgd.DivergenceWarning) as second:
        watched = fastgd.fit(X, TINY.y, variant, **settings, **WATCHERS[watcher])
    assert str(first[0].message) == str(second[0].message)
    assert bits(watched) == bits(plain)


# ------------------------------------------------------------------------------------------- Ctrl-C

INTERRUPTED = """
import _thread, sys, time
import numpy as np, fastgd
variant = sys.argv[1]
rng = np.random.default_rng(0)
X = rng.standard_normal((2_000_000, 10)); y = X @ np.ones(10)
settings = {"learning_rate": 1e-3, "n_threads": 2}
fastgd.fit(X[:200_000], y[:200_000], variant, max_iter=1, **settings)
print("fitting", flush=True)
try:
    fastgd.fit(X, y, variant, max_iter=100_000, **settings)
except KeyboardInterrupt:
    deadline = time.monotonic() + 0.2
    while _thread._count() and time.monotonic() < deadline:
        time.sleep(0.001)  # beside this one; it has said that it ends
    print("interrupted", _thread._count(), flush=True)
"""


@pytest.mark.compiled
@pytest.mark.skipif(os.name == "nt", reason="SIGINT cannot be sent to one process there")
@pytest.mark.parametrize("variant", ["batch", "minibatch"])
def test_ctrl_c_ends_a_fit_within_half_a_second(variant):
    command = [sys.executable, "-c", INTERRUPTED, variant]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "fitting\n"
        time.sleep(0.5)
        sent = time.perf_counter()
        child.send_signal(signal.SIGINT)
        answer = child.stdout.readline()
        took = time.perf_counter() - sent
        assert child.wait(timeout=20) == 0
    assert answer == "interrupted 0\n"
    assert took < 0.5


@pytest.mark.parametrize("buffer_rows", [1, 2, 4, 7, 16])
def test_a_batch_finds_room_for_every_buffer_that_it_may_reach_into(buffer_rows):
    """Wherever in a buffer it begins."""
    for batch_size in range(1, 50):
        batch = SimpleNamespace(
            batch_size=batch_size, order=SimpleNamespace(buffer_rows=buffer_rows)
        )
        starts = range(buffer_rows)
        most = max((start + batch_size - 1) // buffer_rows + 1 for start in starts)
        assert most <= Plan.groups_per_batch.fget(batch) <= most + 1


@pytest.mark.parametrize(("distance", "far"), [(None, False), (29.0, False), (31.0, True)])
def test_an_end_is_looked_at_with_more_care(distance, far, monkeypatch):
    """What its last step says of the distance may be wrong: columns may be nearly alike."""
    assess = Evaluation.assess

    def careful(self, coef):
        objective, _ = assess(self, coef)
        return objective, None if distance is None else distance * self.plan.stopping.suboptimality

    monkeypatch.setattr(Evaluation, "assess", careful)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = fastgd.fit(TINY.X, TINY.y, "batch", random_state=0)
    reason = fastgd.StopReason.STALLED if far else fastgd.StopReason.TOLERANCE
    assert (result.stop_reason, result.converged) == (reason, not far)
    assert [warning.category for warning in caught] == [fastgd.ConvergenceWarning] * far


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_last_good_coefficients_are_the_start_if_that_was_better(variant):
    plan, source = prepared(TINY, variant, {"learning_rate": 0.01})
    with Run(plan, source) as run:
        run.load()
        start = run.coefficients()
        guard = DivergenceGuard(run, *start_losses(run))
        guard.memory.good = start + 1e3
        np.testing.assert_array_equal(guard.best_of(), start)
        better = np.linalg.lstsq(np.column_stack([TINY.X, np.ones(N)]), TINY.y)[0]
        guard.memory.good = better
        np.testing.assert_array_equal(guard.best_of(), better)
        guard.memory.good = np.full_like(start, 1e100)
        np.testing.assert_array_equal(guard.best_of(), start)


def test_steps_of_batch_beyond_a_hundred_are_recorded_ever_more_rarely():
    result = fastgd.fit(TINY.X, TINY.y, "batch", learning_rate=0.01, max_iter=400)
    steps = result.history["step"]
    assert steps[:101].tolist() == [*range(101)] and steps[-1] == 400
    assert len(steps) < 125


@pytest.mark.parametrize(("alpha", "l1_ratio"), [(0.3, 1.0), (0.9, 1.0), (0.9, 0.5)])
def test_a_lasso_meets_its_tolerance_where_coefficients_are_zero(alpha, l1_ratio):
    """There, a slope within the penalty's own is none."""
    result = fastgd.fit(
        TINY.X, TINY.y, "batch", learning_rate=0.3, tol=1e-9, max_iter=2000, alpha=alpha,
        l1_ratio=l1_ratio, record="grad_norm",
    )  # fmt: skip
    assert (result.coef_ == 0).any() and (result.coef_ != 0).any()
    assert result.stop_reason is fastgd.StopReason.TOLERANCE
    assert result.history["grad_norm"][-1] < 2e-9 * result.history["grad_norm"][0]


@pytest.mark.parametrize(
    ("average", "epochs", "steps"),
    [(0.1, 30, 3), (0.07, 100, 7), (0.55, 100, 55), (0.28, 25, 7), (0.09, 30, 3)],
)
def test_a_fraction_of_the_steps_is_that_many_steps(average, epochs, steps):
    """0.07 times 100 is more than 7 by rounding."""
    settings = {"learning_rate": 0.1, "max_iter": epochs}
    path = fastgd.fit(TINY.X, TINY.y, "batch", record_path=1, **settings).path
    result = fastgd.fit(TINY.X, TINY.y, "batch", average=average, **settings)
    expected = path[-steps:].mean(axis=0)
    np.testing.assert_allclose(np.append(result.coef_, result.intercept_), expected, rtol=1e-13)


@pytest.mark.parametrize("average", [0.25, 0.4, 0.9])
@pytest.mark.parametrize(("variant", "size"), [("stochastic", 1), ("minibatch", 4)])
def test_a_fraction_may_begin_within_an_epoch(variant, size, average):
    """With momentum, single rows are steps of their own."""
    settings = {"learning_rate": 0.01, "max_iter": 2, "random_state": 0, "optimizer": "momentum"}
    if variant == "minibatch":
        settings["batch_size"] = size
    path = fastgd.fit(TINY.X, TINY.y, variant, record_path=1, **settings).path
    result = fastgd.fit(TINY.X, TINY.y, variant, average=average, **settings)
    steps = math.ceil(average * (len(path) - 1) - 1e-9)
    found = np.append(result.coef_, result.intercept_)
    means = [path[-k:].mean(axis=0) for k in range(steps, steps + 4)]
    assert min(np.abs(found - mean).max() for mean in means) < 1e-13


CAN_TELL = {
    "plain": ({}, True),
    "ridge": ({"alpha": 0.1}, True),
    "lasso": ({"alpha": 0.1, "l1_ratio": 1.0}, False),
    "elastic net": ({"alpha": 0.1, "l1_ratio": 0.01}, False),
    "drawn": ({"shuffle": "replacement"}, False),
    "a tolerance": ({"tol": 1e-3}, False),
    "a rate": ({"learning_rate": 0.1}, False),
    "kinks that are smoothed": ({"loss": "absolute_error"}, True),
    "kinks": ({"loss": "absolute_error", "optimizer": "adagrad"}, False),
}


@pytest.mark.parametrize("name", CAN_TELL)
def test_only_where_a_distance_can_be_told_does_it_end_a_run(name):
    settings, can_tell = CAN_TELL[name]
    for variant in VARIANTS:
        plan, _ = prepared(TINY, variant, settings)
        told = can_tell or (name == "drawn" and variant == "batch")  # which visits every row
        stopping = plan.stopping
        assert stopping.is_by_suboptimality == told
        assert np.isfinite(stopping.late_suboptimality) == told


@pytest.mark.parametrize(
    ("distance", "epoch", "reached"),
    [(1e-9, 3, True), (1e-5, 3, False), (1e-5, 25, True), (1e-2, 25, False), (1e-2, 99, False)],
)
def test_a_run_that_takes_long_may_end_where_the_rest_is_noise(distance, epoch, reached):
    """At first only at the optimum; after twenty epochs within a share of the statistical error."""
    refinement = SimpleNamespace(decrement=distance / 0.3, contraction=0.0, epochs_without_fall=0)
    stopping = Stopping(1e-4, 1e-8, 1e-3)
    optimum = SimpleNamespace(uncertainty=1.0)
    plan = SimpleNamespace(
        stopping=stopping, variant="minibatch", optimum=optimum, refinement_rate=1.0,
        is_smoothed=False,
    )  # fmt: skip
    state = SimpleNamespace(refinement=refinement, epoch=epoch, evaluated=None, decrement=np.inf)
    for careful in (distance, 10 * distance):  # a second estimate has to agree
        run = SimpleNamespace(
            plan=plan, state=state, loss_of_epoch=1.0, scales_up=lambda near: False,
            evaluation=SimpleNamespace(suboptimality=lambda careful=careful: careful),
        )  # fmt: skip
        agrees = careful == distance or distance == 1e-9 or careful <= 1e-3
        assert choose_rule(plan).is_met(run) == (reached and agrees)


@pytest.mark.parametrize("cut", [False, True])
@pytest.mark.parametrize("optimizer", ["gd", "momentum"])
@pytest.mark.parametrize(("variant", "size"), [("stochastic", 1), ("minibatch", 7)])
def test_no_row_pulls_harder_than_the_guard_over_the_rate_of_its_step(
    variant, size, optimizer, cut, small_pieces
):
    """Rates fall from step to step, rows have weights; however the visits are cut into calls."""
    settings = {"sample_weight": TINY.weights, "shuffle": False, "optimizer": optimizer}
    settings |= {"learning_rate": fastgd.InverseScaling(0.3, 1.0), "max_iter": 1}
    settings |= {"batch_size": size} if variant == "minibatch" else {}
    plan, source = prepared(TINY, variant, settings)
    plan = dataclasses.replace(plan, clip=0.4, coordinates=identity(D))
    state = final_state(plan, source, cuts=range(3, N, 5) if cut else ())
    A = np.column_stack([TINY.X, np.ones(N)])
    shares = TINY.weights / TINY.weights.mean()
    w, b, mu = np.zeros(D + 1), np.zeros(D + 1), 0.9 if optimizer == "momentum" else 0.0
    held = 0
    for t, start in enumerate(range(0, N, size), start=1):
        rows, rate = slice(start, start + size), 0.3 / t
        pulls = shares[rows] * np.square(A[rows]).sum(axis=1)
        held += np.count_nonzero(pulls > 0.4 / rate)
        share = np.minimum(1.0, 0.4 / rate / pulls)
        slopes = share * shares[rows] * (A[rows] @ w - TINY.y[rows])
        b = mu * b + A[rows].T @ slopes / len(slopes)
        w = w - rate * b
    assert 0 < held < N
    np.testing.assert_allclose(state.coef, w, rtol=1e-11)


@pytest.mark.parametrize("looks", [0, 1, 3])
def test_passes_count_what_is_seen_beside_the_steps(looks):
    plan, source = prepared(TINY, "minibatch", {})
    run = Run(plan, source)
    run.state.extra_passes, run.state.epoch, run.state.visit = looks, 2, 8
    assert run.passes == pytest.approx(plan.pilot_passes + looks + 2 + 8 / N)
    assert plan.pilot_passes > 0
