"""
Choosing a variant
==================

All three variants follow the gradient of the same objective. They differ in how
many rows are looked at before the coefficients move:

- ``batch``: one step per pass over all rows. The gradient is exact, and a step
  costs a pass.
- ``stochastic``: one step per row. A step costs next to nothing, and its gradient
  is that of a single row: right on average, and noisy.
- ``minibatch``: one step per ``batch_size`` rows. The noise of b rows is that of
  one divided by √b, and b rows are read together, as memory and processor like it.
"""

# %%
# One table, one clock
# --------------------
#
# 200,000 rows of 20 correlated columns, condition number 30. First, what the table
# looks like to gradient descent:

import fastgd

X, y, _ = fastgd.datasets.make_regression(
    200_000, 20, condition_number=30, random_state=0
)

suggestion = fastgd.suggest(X, y, random_state=0)
print(suggestion)

# %%
# The textbook's algorithms, at a half, a tenth and a hundredth of their largest
# stable rates, beside self-tuned fits. :func:`fastgd.compare` lets the runs
# take turns, stops the clock whenever it looks at one, and measures how far each is
# from the exact optimum:

stable = suggestion.stable_rates
batch = {"variant": "batch", "learning_rate": stable["batch"] / 2, "max_iter": 60}
minibatch = {"learning_rate": stable["minibatch"] / 10, "max_iter": 8}
stochastic = {
    "variant": "stochastic",
    "learning_rate": stable["stochastic"] / 100,
    "max_iter": 8,
}
textbook = [
    {"name": "textbook-batch", **batch},
    {"name": "textbook-minibatch", **minibatch},
    {"name": "textbook-stochastic", **stochastic},
    {"name": "textbook-averaged", **stochastic, "average": 0.5},
]
self_tuned = ["batch", "minibatch", "stochastic"]
comparison = fastgd.compare(X, y, [*textbook, *self_tuned], repeats=3)

import pandas as pd

METRICS = (
    "passes_to_1e-2",
    "seconds_to_1e-2",
    "passes_to_stat",
    "seconds_to_stat",
    "suboptimality",
)
table = {
    m.replace("_", " "): [
        f"{comparison.metric(run, m):.2g}" for run in comparison.names
    ]
    for m in METRICS
}
pd.DataFrame(table, index=comparison.names).replace("inf", "never")

# %%
# ``stat`` is the statistical error, below which optimising further is noise; the
# last column is how far the run was from the optimum when it ended. Seconds are
# medians, compiling left out, of the machine that built this page, where other work
# may have gone on: read the passes first, they are the same everywhere.

figure = comparison.plot()

# %%
# What the table shows
# --------------------
#
# **Constant rates: the first digit is cheap, the last is not to be had.** At a
# constant rate the small steps come within a percent of the optimum while ``batch``
# has hardly begun, and then they stay where the noise of their gradients keeps
# them. That height is proportional to the rate, so a smaller rate ends lower and
# takes longer to get there. ``batch`` has no noise: it goes on at the same pace.
#
# **The mean of the iterates takes the noise away.** The averaged run makes the very
# same steps; what it returns is the mean of those of its second half. That is what
# ``average`` is for, and what a self-tuned fit does unasked.
#
# **Passes are not seconds.** An epoch of small steps visits its rows in a new
# random order, and each step waits for the one before; a pass of ``batch`` reads
# the table from front to back, on all cores.
#
# **You need not choose a learning rate.** Self-tuned runs start at the optimum of a
# pilot sample. ``batch`` and ``minibatch`` also multiply by the inverse Hessian of
# the sample, so that the condition number of the table costs them no steps.

# %%
# .. admonition:: Often said, and not quite so
#
#    *"The learning rate has to shrink for gradient descent to converge."* For
#    ``stochastic`` and ``minibatch``, yes, or the iterates have to be averaged. For
#    ``batch`` any constant rate below 2 / L will do: the gradient itself shrinks. L
#    is the largest eigenvalue of the Hessian, ``largest_eigenvalue`` above.
#
#    *"Smaller rates are safer and more accurate."* For ``batch`` a smaller rate
#    gives the same answer, later.
#
#    *"Stochastic gradient descent is the fast one."* Per pass, at first. On tables
#    that fit in memory the last digits are cheapest with exact gradients, as the
#    table above shows.
#
#    *"The noise helps to escape local minima."* The objectives of all built-in
#    losses are convex: there are none to escape from.
#
#    *"Batch sizes should be powers of two."* No kernel here needs that. What
#    matters is the *critical batch size* above: up to about so many rows a step,
#    the stable rate grows in proportion; beyond it more rows a step bring less and
#    less.
#
#    *"A rate that works for one batch size works for another."* Only where it is
#    stable there: 2b / (B + (b - 1) L) for b rows, with B the size of single
#    rows, their row bound.

# %%
# The same rate, three batch sizes
# --------------------------------
#
# The learning rate multiplies the mean gradient, so its meaning does not change
# with the batch size; its noise does.

import numpy as np
from matplotlib import pyplot as plt

exact = np.linalg.lstsq(np.column_stack([X, np.ones(len(y))]), y, rcond=None)[0]
optimum = 0.5 * np.mean((X @ exact[:-1] + exact[-1] - y) ** 2)

figure, axis = plt.subplots(figsize=(7, 3.6), layout="constrained")
for size in (8, 64, 512):
    run = fastgd.fit(
        X,
        y,
        batch_size=size,
        learning_rate=0.1,
        max_iter=10,
        record=["objective"],
        random_state=0,
    )
    distance = (run.history["objective"] - optimum) / (
        run.history["objective"][0] - optimum
    )
    axis.plot(run.history["passes"], distance, label=f"{size} rows a step")
axis.set(xscale="log", yscale="log", xlabel="passes over the rows")
axis.set_ylabel("relative suboptimality")
axis.legend(frameon=False)
axis.spines[["top", "right"]].set_visible(False)

# %%
# In short
# --------
#
# .. list-table::
#    :header-rows: 1
#
#    * - you want
#      - take
#    * - a good model of a large table, soon
#      - ``fastgd.fit(X, y)``: ``minibatch``, self-tuned
#    * - the exact optimum, or an elastic net with its exact zeros
#      - ``variant="batch"``
#    * - to study single-row updates, or what a stream of rows would give
#      - ``variant="stochastic"``
#    * - not to choose
#      - ``variant="auto"``, which takes what :func:`fastgd.suggest` says

fit = fastgd.fit(X, y, "auto", random_state=0)
print(fit.variant, "because", suggestion.reason)
