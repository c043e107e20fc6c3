"""A run whose plan and state were written to a file goes on in another process, bit by bit."""

import dataclasses
import hashlib
import inspect
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import fastgd
from fastgd.data.inputs import make_source
from fastgd.data.orders import draw_seed
from fastgd.descent.checkpoint import read_checkpoint, write_checkpoint
from fastgd.descent.driver import Descent, Watching
from fastgd.descent.run import Run
from fastgd.losses import LOSSES
from fastgd.monitoring.stopwatch import Stopwatch
from fastgd.planning.pilot import sample
from fastgd.planning.plan import make_plan
from fastgd.planning.request import read_request

N, D, SAMPLE_ROWS = 400, 3, 50  # a sample leaves refinement something to do
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, D)) * [1.0, 5.0, 0.2] + 0.5
Y = X @ np.linspace(-1.0, 2.0, D) + 0.3 * RNG.standard_normal(N)
WEIGHTS = RNG.exponential(size=N)
LABELS = np.where(np.median(Y) + RNG.logistic(size=N) < Y, 1, -1)
ORDER = RNG.integers(0, N, (4, 70))

# The stepper, how many advances are made before the file is written, the variant, the keywords.
TEXTBOOK = {"learning_rate": 0.002, "max_iter": 5}
RUNS = {
    "full gradients": ("FullGradientStepper", 3, "batch", {**TEXTBOOK, "optimizer": "adam"}),
    "full gradients, tol": (
        "FullGradientStepper", 3, "batch",
        {"learning_rate": 0.02, "tol": 1e-2, "scaling": "standardize", "max_iter": 500},
    ),
    "gram": ("GramStepper", 4, "batch", {"learning_rate": 0.02, "max_iter": 9, "route": "gram"}),
    "preconditioned batch": (
        "PreconditionedStepper", 3, "batch",
        {**TEXTBOOK, "learning_rate": 0.3, "preconditioner": "full"},
    ),
    "refinement": ("RefinementStepper", 2, "batch", {"loss": "huber"}),
    "smoothed": ("RefinementStepper", 3, "batch", {"loss": "absolute_error"}),
    "rows": ("RowStepper", 7, "stochastic", {**TEXTBOOK, "optimizer": "momentum"}),
    "rows, blocks, path": ("RowStepper", 30, "stochastic", {"average": "recent", "max_iter": 4}),
    "batches": (
        "BatchStepper", 20, "minibatch",
        {"learning_rate": fastgd.Adaptive(0.05, patience=1, tol=0.5), "average": True,
         "batch_size": 7, "max_iter": 6},
    ),
    "batches, tail, replacement": (
        "BatchStepper", 5, "minibatch",
        {**TEXTBOOK, "shuffle": "replacement", "average": 0.5, "optimizer": "rmsprop"},
    ),
    "batches, an order of one's own": (
        "BatchStepper", 3, "minibatch", {"learning_rate": 0.01, "shuffle": ORDER},
    ),
    "batches, backed off": (
        "BatchStepper", 9, "minibatch",
        {"optimizer": "nesterov", "alpha": 0.1, "l1_ratio": 0.5, "max_iter": 5},
    ),
    "preconditioned batches": ("PreconditionedBatchStepper", 4, "minibatch", {}),
    "preconditioned batches, then all": ("RefinementStepper", 10, "minibatch", {}),
    "labels": ("PreconditionedBatchStepper", 5, "minibatch", {"loss": "log_loss"}),
}  # fmt: skip


def source_of(name):
    loss = RUNS[name][3].get("loss", "squared_error")
    y = LABELS if LOSSES[loss].target == "binary" else Y
    return make_source(X, y, WEIGHTS, LOSSES[loss].target)


def plan_of(name, source):
    _, _, variant, settings = RUNS[name]
    known = inspect.signature(fastgd.fit).parameters
    chosen = {k: known[k].default for k in inspect.signature(read_request).parameters}
    request = read_request(**{**chosen, "n_threads": 2, "variant": variant, **settings})
    return make_plan(request, source, None, draw_seed(5))


def descent_of(name, plan, source, state=None):
    path_every = 3 if "path" in name else None
    watching = Watching(frozenset({"objective"}), path_every, None, False, None)
    run = Run(plan, source, state, peeks=bool(path_every))
    run.load()
    return Descent(run, watching, Stopwatch())


def end(descent):
    """Go on to the end; return what came of it, as a hash of its bits."""
    reason = None
    while reason is None:
        reason = descent.advance()
    outcome = descent.finish(reason)
    descent.run.__exit__(None, None, None)
    history = [v for k, v in outcome.history.items() if k != "seconds"]
    path = np.empty(0) if outcome.path is None else outcome.path
    arrays = [outcome.coef, path, *history]
    found = hashlib.blake2b(b"".join(array.tobytes() for array in arrays), digest_size=12)
    facts = outcome.epochs, outcome.steps, outcome.objective, outcome.suboptimality
    return f"{found.hexdigest()} {facts} {outcome.stop_reason.name}"


def go_on(folder):
    """In a new process: read each file and go on."""
    sample.SAMPLE_ROWS = SAMPLE_ROWS
    for name in RUNS:
        with np.errstate(all="ignore"):
            plan, state = read_checkpoint(Path(folder, f"{name}.run"))
            sys.stdout.write(end(descent_of(name, plan, source_of(name), state)) + "\n")


def test_a_run_goes_on_in_another_process(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "SAMPLE_ROWS", SAMPLE_ROWS)
    expected, steppers = {}, set()
    for name, (stepper, advances, *_) in RUNS.items():
        source = source_of(name)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("error")
            expected[name] = end(descent_of(name, plan_of(name, source), source))
            half = descent_of(name, plan_of(name, source), source)
            if name == "batches, backed off":
                half.run.go_on_from(np.linspace(1.0, 2.0, D + 1))
            assert [half.advance() for _ in range(advances)] == [None] * advances, name
            assert type(half.run.stepper).__name__ == stepper, name
            half.run.advance(1)  # a batch, or a block of rows, that is not whole
            write_checkpoint(tmp_path / f"{name}.run", half.run.plan, half.run.state)
            steppers.add(stepper)
            if name == "batches, backed off":
                expected[name] = end(half)
            else:
                half.run.__exit__(None, None, None)
    assert len(steppers) == 7  # all that there are
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_checkpoint"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; test_checkpoint.go_on({str(tmp_path)!r})"],
        env=os.environ, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert dict(zip(RUNS, done.stdout.splitlines(), strict=True)) == expected


def test_a_file_holds_no_functions(tmp_path):
    """Neither a loss nor a schedule of the user's."""
    source, path = source_of("rows"), tmp_path / "x.run"
    plan = plan_of("rows", source)
    for changed in (
        dataclasses.replace(plan, loss=fastgd.CustomLoss(lambda z, y: (z, y))),
        dataclasses.replace(plan, schedule=fastgd.schedules.FromCallable(lambda t: 1 / t)),
    ):
        with pytest.raises(TypeError, match="code of your own"):
            write_checkpoint(path, changed, Run(plan, source).state)
    assert not path.exists()


def test_what_is_no_checkpoint_is_refused(tmp_path):
    fastgd.fit(X, Y, "batch", max_iter=1, tol=None).save(tmp_path / "model")
    with pytest.raises(ValueError, match="is not a readable"):
        read_checkpoint(tmp_path / "model")
    source = source_of("rows")
    plan = plan_of("rows", source)
    write_checkpoint(tmp_path / "run", plan, Run(plan, source).state)
    with pytest.raises(ValueError, match="is not a readable"):
        fastgd.load(tmp_path / "run")
    damaged = (tmp_path / "run").read_bytes().replace(b'"Stopping"', b'"Optimums"')
    (tmp_path / "run").write_bytes(damaged)
    with pytest.raises(ValueError, match="is not a readable"):
        read_checkpoint(tmp_path / "run")
