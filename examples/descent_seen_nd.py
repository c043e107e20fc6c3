r"""
Gradient descent, seen: many numbers
====================================

Thirty coefficients cannot be drawn on a map. But a path of thirty numbers can be
looked at from the side, like a landscape in a photograph: some of it is seen, the
rest lies behind. This page does that, and then goes over to the figure that works
for any number of coefficients, the objective against what it cost.
"""

# %%
# Two directions out of thirty
# ----------------------------
#
# 1000 rows, 30 correlated columns, condition number 30. The rates are fractions of
# the largest :term:`stable rate` of each variant.

import numpy as np

import fastgd

X, y, _ = fastgd.datasets.make_regression(
    1000, 30, condition_number=30, noise=0.5, random_state=0
)
suggestion = fastgd.suggest(X, y, random_state=0)
stable = suggestion.stable_rates

settings = {"record_path": 1, "record": "objective", "random_state": 0}
shares = {"batch": 1 / 2, "minibatch": 1 / 8, "stochastic": 1 / 8}
epochs = {"batch": 40, "minibatch": 6, "stochastic": 3}
runs = {
    v: fastgd.fit(
        X, y, v, batch_size=32 if v == "minibatch" else "auto",
        learning_rate=shares[v] * stable[v], max_iter=epochs[v], **settings,
    )
    for v in shares
}  # fmt: skip
ax = fastgd.plot.plot_descent_2d((X, y), runs, plane="leading")
ax.figure.set_label("Three paths of 31 numbers in their two leading directions")

# %%
# The axes are the two directions in which the paths together move most about the
# optimum; each says what fraction of the movement it shows. The rest happens
# behind the figure. The contours are the objective on the plane through the
# optimum.
#
# A slice shows two coefficients alone, with the others held at the optimum. A path
# is projected onto it, so it may seem to cross contours for no reason: it is
# somewhere else in the other 29 numbers.

ax = fastgd.plot.plot_descent_2d((X, y), runs, plane=(0, 1))
ax.figure.set_label("The same paths over a slice through two of the coefficients")

# %%
# The objective against passes
# ----------------------------
#
# This figure needs no projection. A pass is as many row gradients as there are
# rows, the cost that does not depend on the machine.

ax = fastgd.plot.plot_loss(runs)
ax.set_xscale("symlog", linthresh=0.1)
ax.set_xlim(0, 40)
ax.figure.set_label("The objective against passes over the rows")
for name, run in runs.items():
    passes, steps = run.history["passes"][-1], run.t_
    print(f"{name:<10} {steps:4} steps, {passes:2g} passes: {run.objective:.4f}")

# %%
# Small steps have most of it done before ``batch`` has made its first few; then
# they stay where their noise keeps them. :doc:`choosing_a_variant` goes on from
# here.
#
# What conditioning does
# ----------------------
#
# With a rate of 1/L, ``batch`` multiplies the error in the flattest direction by
# 1 - μ/L = 1 - 1/κ in each step, κ the :term:`condition number`. So steps go in
# proportion to κ. Nesterov's momentum, with a μ that suits κ, takes steps in
# proportion to its root. And a step that is multiplied by the inverse of the
# Hessian (``preconditioner="full"``, Newton's step) does not depend on κ at all.

import pandas as pd


def steps_to(target, X, y, **keywords):
    """Return how many batch steps come within a relative suboptimality."""
    H, best = X.T @ X / len(y), np.linalg.lstsq(X, y, rcond=None)[0]
    path = fastgd.fit(
        X, y, "batch", fit_intercept=False, record_path=1, **keywords
    ).path
    gaps = np.einsum("ij,jk,ik->i", path - best, H, path - best) / (best @ H @ best)
    return int(np.flatnonzero(gaps < target)[0])


counts = {}
for kappa in (2, 20, 200):
    A, b, _ = fastgd.datasets.make_regression(
        1000, 30, condition_number=kappa, noise=0.5, random_state=0
    )
    curvatures = np.linalg.eigvalsh(A.T @ A / len(b))
    condition = curvatures[-1] / curvatures[0]
    rate, root = 1 / curvatures[-1], np.sqrt(condition)
    nesterov = fastgd.Nesterov(mu=(root - 1) / (root + 1))
    counts[f"{condition:.1f}"] = {
        "plain": steps_to(1e-6, A, b, learning_rate=rate, max_iter=6 * kappa),
        "Nesterov": steps_to(
            1e-6, A, b, learning_rate=rate, optimizer=nesterov, max_iter=300
        ),
        "preconditioned": steps_to(
            1e-6, A, b, learning_rate=1.0, preconditioner="full", max_iter=3
        ),
    }
pd.DataFrame(counts).T.rename_axis("condition")

# %%
# Scaling
# -------
#
# The commonest bad condition is an accident of units: metres beside millimetres.
# The same table, with the columns' sizes spread from 1 to 1000:

raw = X * np.geomspace(1, 1000, 30)
limit = 2 / np.linalg.eigvalsh(raw.T @ raw / len(y))[-1]
tries = {
    "raw": fastgd.fit(raw, y, "batch", learning_rate=limit / 2),
    "standardised": fastgd.fit(
        raw, y, "batch", learning_rate=0.1, scaling="standardize"
    ),
    "preconditioned": fastgd.fit(
        raw, y, "batch", learning_rate=1.0, preconditioner="full"
    ),
}
print("share of the variance after 100 steps:")
for name, run in tries.items():
    print(f"{name:<15} {run.score(raw, y):.3f} explained")

# %%
# Scaling mends units; it cannot mend columns that say nearly the same, for that
# valley runs across the axes. The preconditioner mends both. A self-tuned
# fit does so by itself: `fastgd.fit(raw, y)` needs none of this.
#
# All rates at once
# -----------------
#
# One fit per rate and variant, ten epochs each:

ax = fastgd.plot.plot_learning_rates(X, y, learning_rates=np.geomspace(1e-4, 4, 11))
ax.figure.set_label("Relative suboptimality after ten epochs against rates")

# %%
# From left to right: too small, and ten epochs do not suffice; a broad hollow of
# good rates; too large. Crosses diverged. The dotted lines mark the largest stable
# rate in theory: 2/L for ``batch``, nearly as much for batches of 256 rows, and
# 2/B for single rows, where B, the row bound, grows with the largest rows. Towards
# its dotted line ``stochastic`` gets worse again, for its noise grows with the
# rate; ``batch`` has no noise, and is best just below its own. The dashed lines are
# fits that tuned themselves.

for name, rate in stable.items():
    print(f"{name:<10} stable below {rate:.3f}")

# %%
# All batch sizes at once
# -----------------------
#
# Each size gets half of its own stable rate, 2b / (B + (b - 1) L), and stops when
# 70 % of the way down is done:

axes = fastgd.plot.plot_batch_sizes(X, y, target=0.3)
axes[0].figure.set_label("Passes and seconds to the target against the batch size")
print(f"critical batch size: {suggestion.critical_batch_size:.1f}")

# %%
# The dashed line is the critical batch size, B/L + 1. To its left, twice the rows
# allow for nearly twice the rate, so passes stay about the same. To its right the
# rate is near its limit 2/L and cannot grow any more: twice the rows take twice the
# passes for the same steps. Seconds follow another rule: rows that are read
# together are cheaper than rows that are read one by one, so mini-batches are
# usually larger than theory asks for. (Of so small a table they are thousandths,
# and vary from build to build.)
