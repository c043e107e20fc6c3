r"""
Gradient descent, seen: two numbers
===================================

The laser pointer of :doc:`descent_seen_1d` could only be turned up and down. Now it
can be turned across, too. Two numbers make a map: the cost is a height above it,
drawn as contours, and a descent is a path. The gradient is the two slopes, one for
each number; it stands at right angles to the contours.
"""

# %%
# Why the errors are squared before they are added
# ------------------------------------------------
#
# The spot is 3 cm too far to the left and 3 cm too high: errors of -3 and 3. Their
# sum is 0, as if all were well. So is the square of their sum, and a descent on
# that does not move at all:

import numpy as np

import fastgd

START = [-3.0, 3.0]

idle = fastgd.minimize(lambda e: (e[0] + e[1]) ** 2, START, learning_rate=0.1)
print(idle)

# %%
# Squares cannot cancel. On the *sum of the squares* it goes straight to the spot,
# for both errors shrink by the same factor. Now let an error upwards count four
# times. The rate of 0.2 multiplies the error across by 1 - 2 · 0.2 = 0.6 and that
# upwards by 1 - 8 · 0.2 = -0.6: it jumps from side to side.


def aim(weight):
    """Return a descent on across² + weight * up²."""
    weights = np.array([1.0, weight])
    return fastgd.minimize(
        lambda e: weights @ e**2,
        START,
        jac=lambda e: 2 * weights * e,
        learning_rate=0.2,
        max_iter=20,
        tol=None,
    )


straight, zigzag = aim(1.0), aim(4.0)
for t in range(4):
    print(t, straight.path[t].round(3), zigzag.path[t].round(3))

# %%

from matplotlib import pyplot as plt

figure, axes = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
titles = "both errors count alike", "errors upwards count four times"
for axis, run, title in zip(axes, (straight, zigzag), titles):
    fastgd.plot.plot_descent_2d(run.function, {"rate 0.2": run}, ax=axis)
    axis.set(xlabel="across, cm", ylabel="up, cm", title=title)
figure.set_label("A straight path over round contours, a zig-zag over long ones")

# %%
# That is all there is to zig-zagging: one rate has to serve two second derivatives
# that differ. Their ratio is the :term:`condition number`, here 1 and 4.
#
# A line through points
# ---------------------
#
# A hundred points, and a line ax + b that should pass through them. The two numbers
# are now the slope a and the intercept b (θ₁ and θ₀ in many texts). The cost is the
# mean of ½(ax + b - y)² over the points.

rng = np.random.default_rng(7)
x = rng.uniform(0, 3, 100)
y = 0.5 * x + 1 + 0.4 * rng.standard_normal(100)
X = x[:, None]

batch = fastgd.fit(X, y, "batch", learning_rate=0.1, max_iter=50, record_path=1)
best = np.polyfit(x, y, 1)
for t in (0, 1, 10, 50):
    print(f"step {t:2}: a = {batch.path[t, 0]:.3f}, b = {batch.path[t, 1]:.3f}")
print(f"best:    a = {best[0]:.3f}, b = {best[1]:.3f}")

# %%

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.6), layout="constrained")
left.plot(x, y, ".", color="0.6")
ends = np.array([0, 3])
for colour, t in zip(("#E69F00", "#009E73", "#0072B2"), (1, 3, 50)):
    a, b = batch.path[t]
    left.plot(ends, a * ends + b, color=colour, label=f"after step {t}")
left.plot(ends, np.polyval(best, ends), "--", color="black", label="best")
left.set(xlabel="x", ylabel="y")
left.legend(frameon=False)
left.spines[["top", "right"]].set_visible(False)
fastgd.plot.plot_descent_2d((X, y), {"batch": batch}, ax=right)
right.set(xlabel="slope a", ylabel="intercept b")
figure.set_label("The line after some steps; the path of slope and intercept")

# %%
# A few steps bring the line to the middle of the points. Then it turns slowly: more
# slope and less intercept, or less slope and more intercept, move the line in
# almost the same way there, so the cost is a long valley.
#
# Batch, mini-batch, stochastic
# -----------------------------
#
# All of this asked every point before each step. One may also ask ten points, or a
# single one. The rate is the same for the three:

settings = {"learning_rate": 0.1, "record_path": 1, "random_state": 0}
runs = {
    "batch": batch,
    "mini-batch": fastgd.fit(X, y, batch_size=10, max_iter=12, **settings),
    "stochastic": fastgd.fit(X, y, "stochastic", max_iter=4, **settings),
}
for name, run in runs.items():
    passes = run.history["passes"][-1]
    print(
        f"{name:<10} {run.batch_size_:3} points a step, {run.t_:3} steps, ", end=""
    )
    print(f"{passes:g} passes")

# %%

ax = fastgd.plot.plot_descent_2d((X, y), runs)
ax.set(xlabel="slope a", ylabel="intercept b")
ax.figure.set_label("Three variants on one contour: smooth, trembling, wandering")

# %%
# - **batch** is smooth: its gradient is the exact one. A step costs a pass.
# - **mini-batch** trembles about the same way. The mean of ten points is nearly
#   that of all, so it gets further with fewer passes.
# - **stochastic** wanders. Each step goes where *one* point wants the line to go.
#   In the mean that is the right way. It comes near soon, and does not come to
#   rest: at the best line single points still disagree.
#
# How far each is from the best line at the end, as :term:`relative suboptimality`:

columns = np.column_stack([x, np.ones(100)])


def gap(points):
    """Return the relative suboptimality of lines (a, b)."""
    least, zero = (np.mean((columns @ p - y) ** 2) for p in (best, np.zeros(2)))
    costs = np.mean((columns @ points.T - y[:, None]) ** 2, axis=0)
    return (costs - least) / (zero - least)


for name, run in runs.items():
    tail = gap(run.path[-20:])
    print(f"{name:<10} {tail[-1]:.1e}, in the last 20 steps up to {tail.max():.1e}")

# %%
# The same as an animation. Every path gets its whole length in the same time, so a
# step of ``batch`` takes longer to watch than one of ``stochastic``, as it does to
# make.

film = fastgd.plot.animate((X, y), runs, frames=20, fps=4)

# %%
# Would the best possible step help?
# ----------------------------------
#
# An exact line search goes along the gradient to the lowest point there, in every
# step. No rate has to be chosen. Yet it zig-zags: at the lowest point of a line the
# next gradient stands at right angles to it. On ½(x² + 10y²), from (10, 1):


def bowl(p):
    """Return a bowl that is ten times as steep upwards as across."""
    return (p[0] ** 2 + 10 * p[1] ** 2) / 2


search = fastgd.minimize(
    bowl, [10.0, 1.0], jac=lambda p: np.array([p[0], 10 * p[1]]),
    learning_rate=fastgd.LineSearch("exact"), max_iter=40, tol=None,
)  # fmt: skip
print("rates it found: ", search.history["learning_rate"][1:5].round(4))
print("x from step to step:", (search.path[1:5, 0] / search.path[:4, 0]).round(4))
ax = fastgd.plot.plot_descent_2d(bowl, {"exact line search": search})
ax.figure.set_label("An exact line search zig-zags down a bowl")

# %%
# From here (the worst start there is) it finds 2/11 = 2/(L + μ) each time, the best
# *constant* rate, L and μ being the largest and smallest eigenvalue of the Hessian,
# 10 and 1. Each step multiplies the error by (10 - 1)/(10 + 1) = 9/11. The best
# next step is not the best path. What helps is to make the bowl round, or to
# remember earlier steps: :doc:`descent_seen_nd` and :doc:`optimizers_explained`.
