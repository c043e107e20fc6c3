"""`compare`: variants, optimizers and competing solvers on one objective, under one clock."""

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

Runner = Callable[[], Trace]
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
    offset: Any = None,
    targets: Any = TARGETS,
    time_limit: float = 10.0,
    repeats: int = 5,
    random_state: int = 0,
    n_threads: int | None = None,
    peers: Any = (),
    reference: str = "auto",
) -> Comparison:
    """Compare variants of gradient descent on one objective: suboptimality against time.

    Every run starts where it does by default. At about 30 checkpoints, geometrically spaced in
    passes over the rows, the exact objective of the coefficients that it would return is computed
    with the clock stopped. The `seconds` of a run include all the user waits for except compiling:
    tuning, ordering, conversion. The runs take turns, *repeats* times.

    Parameters
    ----------
    X : array-like or data frame, shape (n_samples, n_features)
    y : array-like, shape (n_samples,)
    runs : list of str or dict, optional
        Keywords of `fit` as a dict (with an optional "name"), or a string such as
        ``"minibatch:adam:learning_rate=0.01:batch_size=256"``. By default the three variants
        self-tuned, and the classic optimizers.
    loss, alpha, l1_ratio, fit_intercept, sample_weight, offset
        The objective, the same for all; as in `fit`.
    targets : sequence of float and "stat"
        Relative suboptimalities (F - F*) / (F(0) - F*), and the statistical error tr(H⁺C)/(2n).
    time_limit : float
        Time limit of each run in seconds.
    repeats : int
        Number of repeats of each run, including the first, which may compile.
    random_state : int
    n_threads : int, optional
        Number of threads; by default all cores that the process may use.
    peers : sequence of str or function
        Names in ``fastgd.comparing.peers.PEERS``, or functions of your own (see
        `fastgd.comparing.peers.Peer`).
    reference : {"auto", "best seen"}
        How the optimum is found: "auto" computes it if that is possible.

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError, TypeError
        For invalid arguments.
    ImportError
        If a competing solver or the reference needs a package that is not installed.

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
        offset=offset,
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
    """A comparison with checked arguments, ready to run."""

    problem: Problem
    runners: dict[str, Runner]
    codes: dict[str, dict[str, Any]]  # the keywords of each run, by its name
    repeats: int
    targets: tuple[float | str, ...]
    n_threads: int
    reference: str

    def race(self, announce: Callable[[str, int, int], None] = lambda *_: None) -> Traced:
        """Let all runs take turns; *announce* is called before each with name, number and total."""
        traces: dict[str, list[Trace]] = {name: [] for name in self.runners}
        speeds, turn, turns = [], 0, self.repeats * len(self.runners)
        for _ in range(self.repeats):
            speeds.append(read_bandwidth(self.n_threads))
            for name, race in self.runners.items():
                turn += 1
                announce(name, turn, turns)
                traces[name].append(race())
                traces[name][-1].pace = read_cached()
        return traces, float(np.median(speeds))

    def check_baseline(self, baseline: Comparison) -> None:
        """Raise an error for a baseline of another problem or without a run in common."""
        facts = describe_problem(self.problem)
        check_same(facts, self.problem.at_zero, [*self.runners], baseline)

    def judge(self, traced: Traced) -> Comparison:
        """Compute the objective at the checkpoints of all runs and return the comparison."""
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
            f"the objective must be finite at zero coefficients; got {problem.at_zero}: scale y."
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
    runners: dict[str, Runner] = {}
    for name, keywords in asked.items():
        runners[name] = _runner(name, problem, {"n_threads": threads, **keywords}, seed, limit)
    for name, peer in known_peers.items():
        runners[name] = _peer_runner(name, problem, peer, seed, limit)
    codes = {**asked, **{name: {"peer": name} for name in known_peers}}
    return Contest(problem, runners, codes, rounds, wanted, threads, reference)


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


def _runner(
    name: str, problem: Problem, keywords: dict[str, Any], seed: int, limit: float
) -> Runner:
    def race() -> Trace:
        with warnings.catch_warnings(), naming(name):
            warnings.simplefilter(
                "ignore"
            )  # the stop reason and the curve show what a run warns of
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


def _peer_runner(name: str, problem: Problem, peer: Peer, seed: int, limit: float) -> Runner:
    return lambda: follow(name, peer, problem, seed, limit)


def describe_machine(n_threads: int) -> dict[str, Any]:
    """Return the versions, the processor and the number of threads."""
    return {
        "Python": platform.python_version(),
        **VERSIONS,
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count() or 1,
        "threads": n_threads,
    }
