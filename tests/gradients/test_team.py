"""Threads that sum gradients together, beside one that does it alone and a plain sum."""

import _thread
import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from numba import njit

import fastgd
from fastgd.base import threads
from fastgd.base.threads import Workers
from fastgd.data.inputs import make_source
from fastgd.gradients import team
from fastgd.gradients.full_pass import FullPass
from fastgd.gradients.team import IN_ORDER, Team, empty_sums
from fastgd.kernels import atomics
from fastgd.kernels import team as kernels
from fastgd.kernels.arguments import RowList, Settings
from fastgd.kernels.compiler.jit import bound

D, GROUP = 7, 20


def make_team(n=500, n_threads=1, group_rows=GROUP, clip=np.inf):
    """A team, all of whose rows are in groups of so many."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, D))
    y = X @ np.arange(D) + rng.standard_normal(n)
    source = make_source(X, y, None, "real")
    nothing = np.empty(0)
    settings = Settings((), (), nothing, nothing, np.ones(D), np.zeros(D), clip, True)
    sums = empty_sums(-(-n // group_rows) + 1, D)
    loss = fastgd.SquaredError()
    coef = rng.standard_normal(D + 1)
    made = Team(source, loss, settings, coef, *sums, group_rows, n_threads, Workers(n_threads))
    made.load()
    return made


def plain_sum(made, rows):
    """The gradients' sum, and the losses', by NumPy."""
    X, y = made.source.in_place.X[rows], made.source.in_place.y[rows]
    residuals = X @ made.coef[:-1] + made.coef[-1] - y
    return np.append(residuals @ X, residuals.sum()), 0.5 * np.sum(residuals**2)


def close(made):
    made.dismiss()
    made.workers.close()


@pytest.fixture
def eager(monkeypatch):
    """A thread for whatever there is to do."""
    monkeypatch.setattr(team, "THREAD_VALUES", 1)


def test_groups_are_summed_apart():
    made = make_team()
    order = np.random.default_rng(1).permutation(500)
    made.sum(made.source.in_place, RowList(order, order), 0, 90)
    for k in range(5):
        g, loss = plain_sum(made, order[k * GROUP : min(90, (k + 1) * GROUP)])
        np.testing.assert_allclose(made.sums[k, : D + 1], g, rtol=1e-12)
        np.testing.assert_allclose(made.tallies[k], [loss, min(GROUP, 90 - k * GROUP), 0])
    assert not made.sums[5:].any()
    assert not made.tallies[5:].any()


def test_rows_in_order():
    made = make_team(n=90)
    made.sum(made.source.in_place, IN_ORDER, 0, 90)
    g, loss = plain_sum(made, slice(0, 90))
    np.testing.assert_allclose(made.sums.sum(axis=0)[: D + 1], g, rtol=1e-12)
    np.testing.assert_allclose(made.tallies.sum(axis=0), [loss, 90, 0])


@pytest.mark.parametrize("clip", [0.5, 8.0, 50.0, np.inf])
def test_the_gradients_of_rows_are_clipped(clip):
    """A derivative times ||(x, 1)||^2 is, whatever the sum before was clipped to."""
    made = make_team(n=90, clip=1.0)
    made.sum(made.source.in_place, IN_ORDER, 0, 90, clip=3.0)
    made.sums[:], made.tallies[:] = 0.0, 0.0
    made.sum(made.source.in_place, IN_ORDER, 0, 90, clip=clip)
    X, y = made.source.in_place.X, made.source.in_place.y
    held = np.minimum(1.0, clip / (1.0 + np.square(X).sum(axis=1)))
    derivatives = held * (X @ made.coef[:-1] + made.coef[-1] - y)
    g = np.append(derivatives @ X, derivatives.sum())
    np.testing.assert_allclose(made.sums.sum(axis=0)[: D + 1], g, rtol=1e-11)


def test_a_group_that_was_begun_is_gone_on_with():
    """Cut where rows that are taken together end, it is the same bits."""
    whole, cut = make_team(), make_team()
    order = np.random.default_rng(1).permutation(500)
    whole.sum(whole.source.in_place, RowList(order, order), 0, 100)
    for start, stop in [(0, 36), (36, 56), (56, 100)]:
        row = start // GROUP
        cut.sum(
            cut.source.in_place, RowList(order, order), start, stop, filled=start % GROUP, row=row
        )
    assert cut.sums.tobytes() == whole.sums.tobytes()
    assert cut.tallies.tobytes() == whole.tallies.tobytes()


@pytest.mark.compiled
@pytest.mark.parametrize("n_threads", [2, 3, 7])
def test_any_number_of_threads_sums_the_same_bits(n_threads, eager):
    """Again and again: helpers come and go meanwhile."""
    alone, made = make_team(), make_team(n_threads=n_threads)
    order = np.random.default_rng(1).permutation(500)
    rng = np.random.default_rng(2)
    try:
        for turn in range(2000):
            start = int(rng.integers(0, 250)) // GROUP * GROUP
            stop = start + int(rng.integers(1, 250))
            for each in (alone, made):
                each.coef[:] = np.random.default_rng(turn).standard_normal(D + 1)
                each.sums[:], each.tallies[:] = 0.0, 0.0
                each.sum(each.source.in_place, RowList(order, order), start, stop)
            assert made.sums.tobytes() == alone.sums.tobytes()
            assert made.tallies.tobytes() == alone.tallies.tobytes()
            if turn % 200 == 0:
                made.dismiss()
            if turn % 500 == 0:
                time.sleep(0.01)  # they leave
    finally:
        close(made)


def test_a_helper_takes_what_is_listed_and_leaves():
    """As one that comes when the leader is somewhere else."""
    made = make_team()
    order = np.random.default_rng(1).permutation(500)
    board = made._board
    board[kernels.LISTED], board[kernels.STOP] = 5, 90
    made._helpers.append(None)
    made._help(made._arguments(made.source.in_place, RowList(order, order), made.workspace))
    np.testing.assert_allclose(
        made.sums.sum(axis=0)[: D + 1], plain_sum(made, order[:90])[0], rtol=1e-12
    )
    assert board[kernels.DONE] == board[kernels.LISTED] == 5


def test_a_helper_without_work_leaves_at_once_where_the_team_is_dismissed():
    made = make_team()
    made.dismiss()
    table = made.source.in_place, IN_ORDER
    made._helpers.append(None)
    made._help(made._arguments(*table, made.workspace))
    assert not made.sums.any()


@pytest.mark.compiled
def test_helpers_that_find_nothing_to_do_leave(eager):
    made = make_team(n_threads=2)
    made.sum(made.source.in_place, IN_ORDER, 0, 500)
    deadline = time.monotonic() + 20
    while made._helpers and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not made._helpers
    close(made)


@pytest.mark.compiled
def test_where_no_thread_can_be_had_the_leader_does_it_all(eager, monkeypatch):
    def refuse(*_):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threads, "start_new_thread", refuse)
    made = make_team(n_threads=4)
    for _ in range(3):
        made.sums[:] = 0.0
        made.sum(made.source.in_place, IN_ORDER, 0, 500)
        expected = plain_sum(made, slice(None))[0]
        np.testing.assert_allclose(made.sums.sum(axis=0)[: D + 1], expected, rtol=1e-12)
    close(made)


@pytest.mark.parametrize("failing", range(3))
@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_what_fails_in_any_thread_of_the_workers_is_told(n_threads, failing):
    """And the others have been done by then."""
    done = []

    def work(k):
        if k == failing:
            raise MemoryError(f"no room for {k}")
        done.append(k)

    with Workers(n_threads) as workers:
        for _ in range(2):
            with pytest.raises(MemoryError, match=f"no room for {failing}"):
                workers.call(work, [(0,), (1,), (2,)])
        workers.call(work, [(7,), (8,)])
    assert {7, 8} <= set(done)


def refuse_large(z, y):
    if y > 1e6:
        raise ValueError("too large")
    return 0.5 * (z - y) * (z - y), z - y


@pytest.mark.compiled
@pytest.mark.parametrize("n_threads", [1, 2, 4])
def test_what_a_loss_raises_in_any_thread_comes_out(n_threads):
    """In the first row and in the last: one of them is a helper's, if there are any."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60_000, 20))
    for row in (0, 59_999, 31_000):
        y = X @ np.ones(20)
        y[row] = 1e7
        with pytest.raises(ValueError, match="too large"):
            fastgd.fit(X, y, "batch", loss=refuse_large, learning_rate=0.1, n_threads=n_threads)


def test_what_a_helper_raises_the_leader_tells(monkeypatch):
    made = make_team()

    def fail(*_):
        raise MemoryError("no room")

    table = made.source.in_place, IN_ORDER
    monkeypatch.setattr(made, "kernel", fail)
    made._helpers.append(None)
    made._help(made._arguments(*table, made.workspace))
    assert made._board[kernels.FAILED] == 1  # or a leader would wait for its group
    monkeypatch.undo()
    for _ in range(2):
        with pytest.raises(MemoryError, match="no room"):
            made.sum(*table, 0, 500)


def test_a_team_whose_leader_failed_does_not_wait_for_its_group(monkeypatch):
    made = make_team()

    def fail(*_):
        made._board[kernels.LISTED] += 1  # that is taken, and never done
        made._board[kernels.NEXT] += 1
        raise MemoryError("no room")

    table = made.source.in_place, IN_ORDER
    monkeypatch.setattr(made, "kernel", fail)
    with pytest.raises(MemoryError, match="no room"):
        made.sum(*table, 0, 500)
    monkeypatch.undo()
    with pytest.raises(MemoryError, match="no room"):
        made.sum(*table, 0, 500)


@pytest.mark.compiled
def test_teams_at_work_side_by_side_do_not_wait_for_each_other(eager):
    """More threads than cores: all of them come to an end."""
    results = []

    def work(k):
        made = make_team(n=2000, n_threads=3)
        try:
            for _ in range(300):
                made.sums[:] = 0.0
                made.sum(made.source.in_place, IN_ORDER, 0, 2000)
            results.append(made.sums.tobytes())
        finally:
            close(made)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert not any(worker.is_alive() for worker in workers)
    assert len(results) == 4
    assert len(set(results)) == 1


@pytest.mark.compiled
def test_helpers_are_sent_away_at_the_end():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((40_000, 20))
    source = make_source(X, X @ np.ones(20), None, "real")
    before = _thread._count()
    with FullPass(source, fastgd.SquaredError(), 2, gradients=True) as full:
        full.over_all(np.ones(21))
        board = full.team._board
    assert board[kernels.CLOSED] == 1
    deadline = time.monotonic() + 10
    while _thread._count() > before and time.monotonic() < deadline:
        time.sleep(0.001)  # it has said that it ends
    assert _thread._count() == before


# ------------------------------------------------------------------- who comes when, made to happen


def python_of(function, **names):
    """A function of the team as plain Python, compiled or not, some of its names replaced."""
    plain = {"look": lambda board, i: int(board[i]), "step_aside": lambda: None}
    return bound(getattr(function, "py_func", function), **plain, **names)


def replace(board, i, old, new):
    if board[i] != old:
        return False
    board[i] = new
    return True


@pytest.mark.parametrize("others", range(1, 6))
def test_no_group_is_taken_twice(others):
    """Other threads take groups just after this one has looked which is the next."""
    board, taken = np.zeros(kernels.BOARD_SIZE, np.int64), []
    board[kernels.LISTED] = 5

    def look(board, i):
        number = int(board[i])
        if i == kernels.NEXT and len(taken) < others:
            taken.append(number)
            board[i] += 1
        return number

    ours = []
    plain = python_of(kernels.next_group, replace=replace)
    plain.__globals__["look"] = look
    while (number := plain(board, True)) >= 0:
        ours.append(number)
    assert sorted(taken + ours) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("late", range(1, 5))
def test_the_leader_waits_for_each_helper_at_work(late):
    board, waited = np.zeros(kernels.BOARD_SIZE, np.int64), []
    board[kernels.LISTED], board[kernels.DONE] = 7, 7 - late

    def step_aside():
        waited.append(1)
        if len(waited) % 3 == 0:  # after some time, one of them is done
            board[kernels.DONE] += 1

    plain = python_of(kernels.wait_for_others)
    plain.__globals__["step_aside"] = step_aside
    plain(board)
    assert board[kernels.DONE] == board[kernels.LISTED]
    assert len(waited) == 3 * late


def test_the_leader_does_not_wait_for_a_helper_that_failed():
    board, waited = np.zeros(kernels.BOARD_SIZE, np.int64), []
    board[kernels.LISTED] = 7

    def step_aside():
        waited.append(1)
        assert len(waited) < 9
        board[kernels.FAILED] = len(waited) == 8

    plain = python_of(kernels.wait_for_others)
    plain.__globals__["step_aside"] = step_aside
    plain(board)
    assert len(waited) == 8


@pytest.mark.parametrize("leads", [True, False])
def test_who_finds_nothing_listed_leaves(leads):
    """The leader at once, a helper after a while."""
    board, waited = np.zeros(kernels.BOARD_SIZE, np.int64), []
    plain = python_of(kernels.next_group, replace=replace)
    plain.__globals__["step_aside"] = lambda: waited.append(1)
    assert plain(board, leads) == -1
    assert len(waited) == (0 if leads else kernels.LOOKS)


def test_what_has_changed_meanwhile_is_not_replaced():
    """The processor's own compare-and-swap, where kernels are compiled."""
    swap = njit(lambda board, old, new: atomics.replace(board, 8, old, new))
    swap = atomics.replace if isinstance(atomics.replace, type(replace)) else swap
    board = np.zeros(16, np.int64)
    board[8] = 3
    arguments = (lambda old, new: (board, 8, old, new)) if swap is atomics.replace else (
        lambda old, new: (board, old, new))  # fmt: skip
    assert not swap(*arguments(5, 7)) and board[8] == 3
    assert swap(*arguments(3, 7)) and board[8] == 7
    assert not swap(*arguments(3, 9)) and board[8] == 7
    assert board.sum() == 7


HELD_BACK = """
import threading
import numpy as np
import fastgd
from fastgd.gradients import team
from fastgd.data.inputs import make_source
from fastgd.kernels.arguments import RowList, Settings
from fastgd.base.threads import Workers
from fastgd.gradients.team import IN_ORDER, Team, empty_sums

team.JIT_ENABLED, team.THREAD_VALUES = True, 1  # as if threads were of use
rng = np.random.default_rng(0)
X = rng.standard_normal((60, 7))
y = rng.standard_normal(60)
helper_is_at_it, go_on, has_ended = threading.Event(), threading.Event(), threading.Event()

def ask():
    made.sum(source.in_place, IN_ORDER, 0, 60)
    has_ended.set()

def loss(z, y):
    thread = threading.current_thread()
    if thread is asking:
        helper_is_at_it.wait(20)
    elif thread is not threading.main_thread():
        helper_is_at_it.set()
        go_on.wait(20)
    return 0.5 * (z - y) ** 2, z - y

source = make_source(X, y, None, "real")
nothing = np.empty(0)
settings = Settings((), (), nothing, nothing, nothing, nothing, np.inf, True)
coef = rng.standard_normal(8)
sums, tallies = empty_sums(4, 7)
asking = threading.Thread(target=ask)
own = fastgd.CustomLoss(loss)
made = Team(source, own, settings, coef, sums, tallies, 20, 2, Workers(2))
asking.start()
assert helper_is_at_it.wait(20), "no helper came"
assert not has_ended.wait(0.3), "the leader has not waited"
go_on.set()
asking.join(20)
residuals = X @ coef[:-1] + coef[-1] - y
np.testing.assert_allclose(sums.sum(axis=0)[:8], np.append(residuals @ X, residuals.sum()))
np.testing.assert_allclose(tallies.sum(axis=0), [0.5 * residuals @ residuals, 60, 0])
made.dismiss()
made.workers.close()
"""


def test_a_helper_held_back_is_waited_for():
    """The kernels as Python: there a loss may hold the thread that has taken its group."""
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(
        [sys.executable, "-c", HELD_BACK], env=environment, capture_output=True, text=True,
        timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
