"""PyTorch and JAX as peers, by the protocol of `fastgd.comparing.peers`.

    python -m benchmarks.frameworks --quick

is `fastgd compare` with these peers beside the others; `python -m benchmarks.frameworks --help`.
"""

import sys
import warnings
from collections.abc import Iterator

import numpy as np

from fastgd.cli import main
from fastgd.comparing.peers import EPOCHS, TailAverage, serves, stable_rate, start
from fastgd.comparing.problem import Problem
from fastgd.comparing.trace import Point

LOSSES = ("squared_error", "log_loss")
TORCH = {"module": "torch", "package": "torch"}
JAX = {"module": "jax", "package": "jax"}


@serves("torch-minibatch", *LOSSES, **TORCH)
def torch_minibatch(
    problem: Problem, seed: int, size: int = 1024, rate: float = 0.9, growth: float = 1.5
) -> Iterator[Point]:
    """PyTorch: mini-batches of 1024 shuffled rows, gradients by hand, averaged tails."""
    import torch

    slope = torch_slope(torch, problem)
    generator = torch.Generator().manual_seed(seed)
    yield 0.0, start(problem)
    X, y, s = torch_arrays(torch, problem)
    p = torch.zeros(problem.d + 1, dtype=X.dtype)
    w, b = p[:-1], p[-1]
    size, tail = min(size, problem.n), TailAverage(growth)
    rate *= stable_rate(problem, size)
    for epoch in range(1, 1 + EPOCHS):
        total = torch.zeros_like(p)
        batches = torch.randperm(problem.n, generator=generator).split(size)
        for rows in batches:
            x = X[rows]
            g = slope(torch.mv(x, w).add_(b), y[rows]).mul_(s[rows]).div_(len(rows))
            w.mul_(1 - rate * problem.l2).sub_(torch.mv(x.T, g), alpha=rate)
            if problem.fit_intercept:
                b.sub_(g.sum(), alpha=rate)
            total.add_(p)
        yield epoch, tail.after(epoch, total.double().numpy(), len(batches))


@serves("torch-lbfgs", *LOSSES, **TORCH)
def torch_lbfgs(
    problem: Problem, seed: int, history: int = 50, iterations: int = 5
) -> Iterator[Point]:
    """PyTorch: optim.LBFGS with strong Wolfe line search, gradients by hand."""
    import torch

    slope = torch_slope(torch, problem)
    idle = torch.zeros(1, requires_grad=True)
    idle.grad = torch.zeros(1)
    torch.optim.LBFGS([idle]).step(lambda: idle.detach().sum())  # imports for a second or two
    yield 0.0, start(problem)
    X, y, s = torch_arrays(torch, problem)
    p = torch.zeros(problem.d + 1, dtype=X.dtype, requires_grad=True)
    p.grad = torch.zeros_like(p)
    solver = torch.optim.LBFGS(
        [p],
        history_size=history,
        max_iter=iterations,
        line_search_fn="strong_wolfe",
        tolerance_grad=0.0,
        tolerance_change=0.0,
    )
    passes = 0

    def evaluate() -> torch.Tensor:
        nonlocal passes
        passes += 1
        with torch.no_grad():
            w, b = p[:-1], p[-1]
            z = torch.mv(X, w).add_(b)
            value = (torch_loss(torch, problem, z, y) * s).mean() + 0.5 * problem.l2 * w.dot(w)
            g = slope(z, y).mul_(s).div_(problem.n)
            p.grad[:-1] = torch.mv(X.T, g).add_(w, alpha=problem.l2)
            p.grad[-1] = g.sum() * problem.fit_intercept
        return value

    before = None
    while before is None or not torch.equal(before, p):
        before = p.detach().clone()
        solver.step(evaluate)
        yield passes, p.detach().numpy()


def torch_arrays(torch, problem: Problem):
    """Return X, y and the weights as tensors of X's type; X is not copied."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        X = torch.from_numpy(problem.table)
    return X, *(torch.from_numpy(v).to(X.dtype) for v in (problem.y64, problem.weights))


def torch_slope(torch, problem: Problem):
    """Return the loss's derivative by z."""
    if problem.loss.name == "squared_error":
        return torch.sub
    return lambda z, y: -y * torch.sigmoid(-y * z)


def torch_loss(torch, problem: Problem, z, y):
    """Return each row's loss."""
    if problem.loss.name == "squared_error":
        return (z - y).square_().mul_(0.5)
    return torch.nn.functional.softplus(-y * z)


@serves("jax-minibatch", *LOSSES, **JAX)
def jax_minibatch(
    problem: Problem, seed: int, size: int = 1024, rate: float = 0.9, growth: float = 1.5
) -> Iterator[Point]:
    """JAX: mini-batches of 1024 shuffled rows, an epoch a jitted scan, averaged tails."""
    import jax
    import jax.numpy as jnp

    steps = -(-problem.n // size)
    size = problem.n // steps  # the few rows left over wait for another epoch
    squared = problem.loss.name == "squared_error"

    def epoch(p, order, rate, X, y, s):
        def step(at, rows):
            p, total = at
            x, target = X[rows], y[rows]
            z = x @ p[:-1] + p[-1]
            slope = z - target if squared else -target * jax.nn.sigmoid(-target * z)
            g = slope * s[rows] / size
            w = p[:-1] - rate * (g @ x + problem.l2 * p[:-1])
            p = jnp.append(w, p[-1] - rate * problem.fit_intercept * g.sum())
            return (p, total + p), None

        return jax.lax.scan(step, (p, jnp.zeros_like(p)), order)[0]

    n, d, dtype = problem.n, problem.d, problem.table.dtype
    numbers = [jax.ShapeDtypeStruct(shape, dtype) for shape in ((), (n, d), (n,), (n,))]
    point, order = jax.ShapeDtypeStruct((d + 1,), dtype), jax.ShapeDtypeStruct((steps, size), "i4")
    with jax.enable_x64(True):  # not across a yield: it is the whole thread's
        compiled = jax.jit(epoch).lower(point, order, *numbers).compile()
    yield 0.0, start(problem)
    rng, tail = np.random.default_rng(seed), TailAverage(growth)
    rate *= stable_rate(problem, size)
    with jax.enable_x64(True):
        arrays = [jnp.asarray(v, dtype) for v in (problem.table, problem.y64, problem.weights)]
        p = jnp.zeros(d + 1, dtype)
    for k in range(1, 1 + EPOCHS):
        rows = rng.permutation(n)[: steps * size].astype(np.int32).reshape(steps, size)
        with jax.enable_x64(True):
            p, total = compiled(p, rows, np.asarray(rate, dtype), *arrays)
            average = tail.after(k, np.asarray(total, np.float64), steps)
        yield k * steps * size / n, average


if __name__ == "__main__":
    main(["compare", *sys.argv[1:]])
