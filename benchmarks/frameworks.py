"""Peers of other frameworks, PyTorch and JAX, by the same protocol as those of `fastgd.peers`.

    python -m benchmarks.frameworks --quick

is `fastgd compare` with these peers beside the others; `python -m benchmarks.frameworks --help`.
"""

import sys
from collections.abc import Iterator

import numpy as np

from fastgd.cli import main
from fastgd.peers import EPOCHS, half_stable_rate, serves, start
from fastgd.problem import Problem
from fastgd.trace import Point

LOSSES = ("squared_error", "log_loss")
TORCH = {"module": "torch", "package": "torch"}
JAX = {"module": "jax", "package": "jax"}


@serves("torch-minibatch", *LOSSES, **TORCH)
def torch_minibatch(
    problem: Problem, seed: int, size: int = 1024, rate: float = 1.0, decay: float = 0.7
) -> Iterator[Point]:
    """PyTorch: mini-batches of shuffled rows, gradients by hand, less of the rate each epoch."""
    import torch

    slope = torch_slope(torch, problem)
    generator = torch.Generator().manual_seed(seed)
    yield 0.0, start(problem)
    with torch.no_grad():
        X, y, s = torch_arrays(torch, problem)
        w = torch.zeros(problem.d, dtype=X.dtype)
        b = torch.zeros((), dtype=X.dtype)
        size = min(size, problem.n)
        rate *= half_stable_rate(problem, size)
        for epoch in range(1, 1 + EPOCHS):
            for rows in torch.randperm(problem.n, generator=generator).split(size):
                x = X[rows]
                g = slope(torch.mv(x, w).add_(b), y[rows]).mul_(s[rows]).div_(len(rows))
                w.mul_(1 - rate * problem.l2).sub_(torch.mv(x.T, g), alpha=rate)
                if problem.fit_intercept:
                    b.sub_(g.sum(), alpha=rate)
            rate *= decay
            yield epoch, np.append(w.numpy(), b.numpy())


@serves("torch-lbfgs", *LOSSES, **TORCH)
def torch_lbfgs(
    problem: Problem, seed: int, history: int = 20, iterations: int = 5
) -> Iterator[Point]:
    """PyTorch: optim.LBFGS with strong Wolfe line search, gradients by hand."""
    import torch

    slope = torch_slope(torch, problem)
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
    problem: Problem, seed: int, size: int = 256, rate: float = 1.0, decay: float = 0.7
) -> Iterator[Point]:
    """JAX: an epoch of mini-batches as one jitted scan; rows that fill no batch wait an epoch."""
    import jax
    import jax.numpy as jnp

    size = min(size, problem.n)
    steps = problem.n // size
    rate *= half_stable_rate(problem, size)
    squared = problem.loss.name == "squared_error"

    def epoch(w, b, order, rate, X, y, s):
        def step(at, rows):
            w, b = at
            x, target = X[rows], y[rows]
            z = x @ w + b
            slope = z - target if squared else -target * jax.nn.sigmoid(-target * z)
            g = slope * s[rows] / size
            w = w - rate * (g @ x + problem.l2 * w)
            return (w, b - rate * problem.fit_intercept * g.sum()), None

        (w, b), _ = jax.lax.scan(step, (w, b), order)
        return w, b

    with jax.enable_x64(True):  # not across a yield: it is the whole thread's
        dtype = problem.table.dtype
        numbers, count = jax.ShapeDtypeStruct((problem.n,), dtype), np.int32
        shapes = (
            jax.ShapeDtypeStruct((problem.d,), dtype),
            jax.ShapeDtypeStruct((), dtype),
            jax.ShapeDtypeStruct((steps, size), count),
            jax.ShapeDtypeStruct((), dtype),
            jax.ShapeDtypeStruct(problem.table.shape, dtype),
            numbers,
            numbers,
        )
        compiled = jax.jit(epoch).lower(*shapes).compile()
    yield 0.0, start(problem)
    rng = np.random.default_rng(seed)
    with jax.enable_x64(True):
        X, y, s = (
            jnp.asarray(np.asarray(values, dtype))
            for values in (problem.table, problem.y64, problem.weights)
        )
        w, b = jnp.zeros(problem.d, dtype), jnp.zeros((), dtype)
    for k in range(1, 1 + EPOCHS):
        with jax.enable_x64(True):
            order = rng.permutation(problem.n)[: steps * size].astype(count)
            w, b = compiled(w, b, order.reshape(steps, size), np.asarray(rate, dtype), X, y, s)
            point = np.append(np.asarray(w, np.float64), np.float64(b))
        rate *= decay
        yield k * steps * size / problem.n, point


if __name__ == "__main__":
    main(["compare", *sys.argv[1:]])
