"""`compare`: race variants, optimizers and peers on one objective, under one clock."""

import math
import os
import platform
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fastgd.base.validation import check_count, check_name, check_positive, is_number, refusal
from fastgd.comparing.bandwidth import read_bandwidth, read_cached
from fastgd.comparing.baseline import check_same
from fastgd.comparing.comparison import Comparison
from fastgd.comparing.judging import describe_problem, judge
from fastgd.comparing.peers import read_peers
from fastgd.comparing.problem import Problem, state_problem
from fastgd.comparing.report import STAT
from fastgd.comparing.runs import naming, read_runs
from fastgd.comparing.trace import Peer, Trace, follow
from fastgd.fitting.fit import fit
from fastgd.fitting.result import FitResult
from fastgd.kernels.compiler.jit import VERSIONS
from fastgd.planning.request import read_n_threads

TARGETS = (1e-2, 1e-4, 1e-8, STAT)
REFERENCES = ("auto", "best seen")

Racer = Callable[[], Trace]
Traced = tuple[dict[str, list[Trace]], float]  # of each run, and the bandwidth beside them


def compare(
    X: Any,
    y: Any,
    runs: Any = None,
    *,
    loss: Any = "squared_error",
    alpha: float = 0.0,
    l1_ratio: float = 0.0,
    fit_intercept: bool = True,
    sample_weight: Any = None,
    targets: Any = TARGETS,
    time_limit: float = 10.0,
    repeats: int = 5,
    random_state: int = 0,
    n_threads: int | None = None,
    peers: Any = (),
    reference: str = "auto",
) -> Comparison:
    """Race variants of gradient descent on one objective: who gets how close, in what time.

    Every run starts where it always would and is looked at about 30 times, geometrically spaced in
    passes over the rows; the clock stops meanwhile, and the exact objective of what it would return
    is taken. A run's `seconds` hold all that the user waits for but compiling: tuning, making the
    order, converting. The runs take turns, *repeats* times.

    Parameters
    ----------
    X : array-like or data frame, shape (n_samples, n_features)
    y : array-like, shape (n_samples,)
    runs : list of str or dict, optional
        Keywords of `fit` as a dict (and a "name", if you like), or a text such as
        ``"minibatch:adam:learning_rate=0.01:batch_size=256"``. By default the three variants
        self-tuned, and the classic optimizers.
    loss, alpha, l1_ratio, fit_intercept, sample_weight
        The objective, the same for all; as in `fit`.
    targets : sequence of float and "stat"
        Relative suboptimalities (F - F*) / (F(0) - F*), and the statistical error tr(H⁺C)/(2n).
    time_limit : float
        Time limit of each run in seconds.
    repeats : int
        How often each run is made; the first, which may compile, is one of them.
    random_state : int
    n_threads : int, optional
        All cores that the process may use by default.
    peers : sequence of str or function
        Names in ``fastgd.comparing.peers.PEERS``, or functions of your own (see
        `fastgd.comparing.peers.Peer`).
    reference : {"auto", "best seen"}
        How the optimum is found: "auto" computes it where that can be done.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError, TypeError
        For arguments that make no sense.
    ImportError
        Where a peer or the reference needs what is not installed.

    References
    ----------
    Moreau et al., "Benchopt: reproducible, efficient and collaborative optimization benchmarks",
    2022.

    Examples
    --------
    >>> import fastgd
    >>> X, y, _ = fastgd.datasets.make_regression(2000, 5, random_state=0)
    >>> comparison = fastgd.compare(X, y, ["batch", "minibatch"], repeats=2)
    >>> comparison.require("batch.suboptimality <= 1e-8")
    """
    contest = make_contest(
        X,
        y,
        runs,
        loss=loss,
        alpha=alpha,
        l1_ratio=l1_ratio,
        fit_intercept=fit_intercept,
        sample_weight=sample_weight,
        targets=targets,
        time_limit=time_limit,
        repeats=repeats,
        random_state=random_state,
        n_threads=n_threads,
        peers=peers,
        reference=reference,
    )
    return contest.judge(contest.race())


@dataclass(frozen=True)
class Contest:
    """A comparison that has been checked and can begin."""

    problem: Problem
    racers: dict[str, Racer]
    codes: dict[str, dict[str, Any]]  # what was asked, by the name of the run
    repeats: int
    targets: tuple[float | str, ...]
    n_threads: int
    reference: str

    def race(self, announce: Callable[[str, int, int], None] = lambda *_: None) -> Traced:
        """Let all runs take turns; *announce* hears of each before it: its name, n, of m."""
        traces: dict[str, list[Trace]] = {name: [] for name in self.racers}
        speeds, turn, turns = [], 0, self.repeats * len(self.racers)
        for _ in range(self.repeats):
            speeds.append(read_bandwidth(self.n_threads))
            for name, race in self.racers.items():
                turn += 1
                announce(name, turn, turns)
                traces[name].append(race())
                traces[name][-1].pace = read_cached()
        return traces, float(np.median(speeds))

    def check_baseline(self, baseline: Comparison) -> None:
        """Refuse a baseline of another problem, or without a run in common, before the race."""
        facts = describe_problem(self.problem)
        check_same(facts, self.problem.at_zero, [*self.racers], baseline)

    def judge(self, traced: Traced) -> Comparison:
        """Take the objective at the checkpoints of all runs and return the comparison."""
        traces, bandwidth = traced
        judged = judge(self.problem, traces, self.codes, self.targets, self.reference)
        return replace(judged, bandwidth=bandwidth, machine=describe_machine(self.n_threads))


def make_contest(
    X: Any,
    y: Any,
    runs: Any,
    *,
    targets: Any,
    time_limit: float,
    repeats: int,
    random_state: int,
    n_threads: int | None,
    peers: Any,
    reference: str,
    **objective: Any,
) -> Contest:
    """Check the arguments of `compare`."""
    problem = state_problem(X, y, **objective)
    with np.errstate(over="ignore"):
        finite = math.isfinite(problem.at_zero)
    if not finite:
        raise ValueError(
            "the objective must be finite where all coefficients are zero; got "
            f"{problem.at_zero}: scale y."
        )
    asked = read_runs(runs)
    known_peers = read_peers(peers, problem)
    wanted = read_targets(targets)
    limit, threads = check_positive("time_limit", time_limit), read_n_threads(n_threads)
    seed = check_count("random_state", random_state, least=0)
    rounds = check_count("repeats", repeats)
    check_name("reference", reference, REFERENCES)
    taken = set(asked) & set(known_peers)
    if taken:
        raise ValueError(f"a run and a peer are both called {taken.pop()!r}.")
    if not asked and not known_peers:
        raise ValueError("there is nothing to compare: runs and peers are both empty.")
    racers: dict[str, Racer] = {}
    for name, keywords in asked.items():
        racers[name] = _racer(name, problem, {"n_threads": threads, **keywords}, seed, limit)
    for name, peer in known_peers.items():
        racers[name] = _peer_racer(name, problem, peer, seed, limit)
    codes = {**asked, **{name: {"peer": name} for name in known_peers}}
    return Contest(problem, racers, codes, rounds, wanted, threads, reference)


def read_targets(targets: Any) -> tuple[float | str, ...]:
    """Return the targets, checked."""
    if isinstance(targets, str) or not isinstance(targets, Iterable):
        raise TypeError(f'targets must be a list of numbers and "stat"; got {targets!r}.')
    read: list[float | str] = []
    for target in targets:
        if not (target == STAT or (is_number(target) and 0 < target < 1)):
            raise refusal("a target", 'a number in (0, 1) or "stat"', target, (str, float, int))
        if target not in read:
            read.append(target if target == STAT else float(target))
    return tuple(read)


def _racer(name: str, problem: Problem, keywords: dict[str, Any], seed: int, limit: float) -> Racer:
    def race() -> Trace:
        with warnings.catch_warnings(), naming(name):
            warnings.simplefilter("ignore")  # what a run warns of, its stop reason and curve show
            result = fit(
                problem.X,
                problem.y,
                **problem.keywords,
                **keywords,
                random_state=seed,
                time_limit=limit,
                record_path=True,
            )
        return _trace_of(result, problem)

    return race


def _trace_of(result: FitResult, problem: Problem) -> Trace:
    history, path = result.history, result.path
    assert path is not None  # it was asked for
    if not problem.fit_intercept:
        path = np.column_stack([path, np.zeros(len(path))])
    last_good = np.append(result.coef_, result.intercept_).astype(np.float64)
    points = [*path[:-1], last_good]
    words = f"{result.variant}, {result.optimizer_}, learning rate {result.learning_rate_}"
    rows = f", {result.batch_size_} rows a step" if result.variant == "minibatch" else ""
    return Trace(
        passes=history["passes"].tolist(),
        seconds=history["seconds"].tolist(),
        points=points,
        ran=f"{words}{rows} ({result.mode})",
        stop_reason=str(result.stop_reason),
        compile_seconds=result.compile_seconds,
        reads=float(history["reads"][-1]),
    )


def _peer_racer(name: str, problem: Problem, peer: Peer, seed: int, limit: float) -> Racer:
    return lambda: follow(name, peer, problem, seed, limit)


def describe_machine(n_threads: int) -> dict[str, Any]:
    """Return what ran where."""
    return {
        "Python": platform.python_version(),
        **VERSIONS,
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "threads": n_threads,
    }
