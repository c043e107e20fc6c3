r"""
Gradient descent, seen: one number
==================================

A laser pointer points at a height of 103 cm. It should point at 100. You cannot see
the spot, but a friend can, and shouts how far off it is: "3 too high!" You turn the
pointer a little, the friend shouts again, and so on. That is gradient descent with
one number. This page shows each of its steps; :doc:`descent_seen_2d` and
:doc:`descent_seen_nd` go on with two numbers and with many.

What is wrong is measured by one number, the *cost*. The rest of this documentation
calls it the :term:`objective`. Here it is the square of the error:

.. math:: J(y) = (y - 100)^2, \qquad J'(y) = 2\,(y - 100)

Why go against the slope
------------------------

Near any point, a smooth cost is almost a straight line. For a small change d of the
position,

.. math:: J(y + d) \approx J(y) + J'(y)\, d .

Any d of the opposite sign to :math:`J'(y)` lowers that. A simple choice is a fixed
share of the slope, :math:`d = -\eta\, J'(y)`, where η is the :term:`learning rate`
(many texts call it α, and the number that is sought θ):

.. math:: y \leftarrow y - \eta\, J'(y), \qquad
          J(y - \eta J') \approx J(y) - \eta\, J'(y)^2

Two numbers are easily confused here. The *step* of the position is
:math:`-\eta J'`. The *fall* of the cost is about :math:`\eta J'^2`. Neither of them
is η, and the next position is not "the old one plus η". In numbers, at 103:
"""

import numpy as np
import pandas as pd

import fastgd


def cost(y):
    """Return the square of the error."""
    return (y - 100) ** 2


def slope(y):
    """Return the derivative of the cost."""
    return 2 * (y - 100)


step = -0.1 * slope(103)
promised, real = 0.1 * slope(103) ** 2, cost(103) - cost(103 + step)
print(f"step of the position: {step:.2f} cm")
print(f"fall of the cost: {real:.2f}; the straight line promised {promised:.2f}")

# %%
# Step by step
# ------------
#
# `fastgd.minimize` makes these steps on any function. The column "closed form" does
# not come from the run: each step multiplies the error by 1 - 2η = 0.8, so after t
# steps the position is :math:`100 + 3 \cdot 0.8^t`.

run = fastgd.minimize(
    cost, 103, jac=slope, learning_rate=0.1, max_iter=30, tol=None, record_path=1
)
exact = 100 + 3 * 0.8 ** np.arange(31)

table = pd.DataFrame(
    {
        "position": run.path,
        "error": run.path - 100,
        "slope": slope(run.path),
        "cost": cost(run.path),
        "closed form": exact,
    }
).rename_axis("step")
table.iloc[[0, 1, 2, 3, 4, 5, 10, 15]].round(4)

# %%
# The steps get shorter by themselves: the slope shrinks with the error. Nothing has
# to be turned down. (Some texts print 100.07 after 10 steps and 100.003 after 15;
# the formula and the run agree on the numbers above.)
#
# When is it near enough? That depends on what you call near, in which unit:

error = np.abs(run.path - 100)
for limit, name in [(1, "1 cm"), (0.1, "1 mm"), (0.01, "0.1 mm")]:
    print(f"below {name} from step {np.argmax(error < limit)}")

# %%
# The same run as figures: the position on the cost, the position against steps,
# and the error by powers of ten, on which a constant factor is a straight line.

axes = fastgd.plot.plot_descent_1d(cost, run, target=100, threshold=0.1)
axes[0].set(xlabel="position, cm", ylabel="cost")
axes[1].set_ylabel("position, cm")
axes[2].set_ylabel("absolute error, cm")
axes[0].figure.set_label("The pointer's cost, position and error, step by step")

# %%
# Five rates
# ----------
#
# How large may η be? The cost is a parabola, so the straight line can be corrected
# exactly: :math:`J(y - \eta J') = J(y) - \eta\,(1 - \eta)\, J'^2`. That falls for
# every rate between 0 and 1, most at 1/2, and rises above 1.

import warnings

RATES = (0.005, 0.01, 0.1, 0.5, 1.5)
SAYS = (
    "crawls",
    "crawls, twice as fast",
    "walks down",
    "lands in one step",
    "jumps across, farther off each time",
)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the last one diverges, and says so
    runs = {
        rate: fastgd.minimize(
            cost, 103, jac=slope, learning_rate=rate, max_iter=400, tol=None
        )
        for rate in RATES
    }
factors = [(r.path[1] - 100) / 3 for r in runs.values()]
near = [np.flatnonzero(np.abs(r.path - 100) < 0.1) for r in runs.values()]
arrivals = [str(found[0]) if len(found) else "never" for found in near]
pd.DataFrame(
    {
        "error times": np.round(factors, 6),
        "steps to 1 mm": arrivals,
        "what it does": SAYS,
    },
    index=pd.Index(map(str, RATES), name="rate"),
)

# %%
# The factor is 1 - 2η. In general, where the cost curves by :math:`L = J''`, it is
# 1 - ηL: a rate of 1/L lands at once, and 2/L is the limit of what is stable. Here
# L is 2.

from matplotlib import pyplot as plt

figure, axis = plt.subplots(figsize=(7, 3.8), layout="constrained")
colours = ("#0072B2", "#56B4E9", "#009E73", "#CC79A7", "#D55E00")
for colour, (rate, r) in zip(colours, runs.items()):
    shown = r.path[:4] if rate > 1 else r.path[:13]
    axis.plot(shown, ".-", color=colour, label=f"rate {rate:g}")
axis.axhline(100, color="0.4", linestyle="--", linewidth=1)
axis.set(xlabel="step", ylabel="position, cm", ylim=(93, 107))
axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
axis.spines[["top", "right"]].set_visible(False)
figure.set_label("The position against steps at five learning rates")

# %%
# The screw between you and the spot
# ----------------------------------
#
# Usually what you turn is not what you look at. Say that a screw at setting a
# points the laser at a height of 10a, and the target is 47. With half the squared
# error, :math:`\frac{1}{2} (10 a - 47)^2`, the slope by the chain rule is
# :math:`10\,(10 a - 47)`: the error, times what one turn does.


def screw(target, rate, steps):
    """Return the settings of the screw, from 0."""
    return fastgd.minimize(
        lambda a: (10 * a - target) ** 2 / 2,
        0,
        jac=lambda a: 10 * (10 * a - target),
        learning_rate=rate,
        max_iter=steps,
        tol=None,
    ).path


settings = screw(47, 0.005, 4)
print("settings", settings)
print("errors  ", 10 * settings - 47)

# %%
# Each step halves the error, for L is now 10² = 100, and 1 - 0.005 · 100 = 1/2.
# With a target of 20, here is where three rates lead:

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the first diverges, and says so
    jump, landing, swing = (
        screw(20, *run) for run in ((0.1, 2), (0.01, 1), (0.02, 4))
    )
print(f"rate 0.1:  screw at {jump[1]:g}, spot at {10 * jump[1]:g}")
print(f"rate 0.01: screw at {landing[1]:g}, spot at {10 * landing[1]:g}")
print(f"rate 0.02: screw at {swing.round(12) + 0.0}")

# %%
# That 0.01 lands exactly is no luck: it is 1/L. At 0.02 = 2/L the error only
# changes its sign, and beyond it grows. So a rate is not small or large by itself.
# The rate of 0.1 that walked down gently above throws this pointer off the wall.
# What counts is the rate times the second derivative.
#
# Next: :doc:`descent_seen_2d`.
