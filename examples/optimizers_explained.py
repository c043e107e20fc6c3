r"""
Optimizers explained
====================

An optimizer turns a gradient into a step. All six are run here on one objective
that has only two coefficients, so that their whole paths can be seen: a regression
on two columns whose correlation is 0.96. Its level lines are ellipses, and its
condition number, the largest eigenvalue of the Hessian over the smallest, is
1.96 / 0.04 = 49: a valley seven times as long as wide.

Throughout, :math:`g` is the gradient of the objective at the coefficients
:math:`w`, :math:`\eta` the learning rate, and all operations are taken coefficient
by coefficient.
"""

# %%
# The valley
# ----------

import numpy as np

rng = np.random.default_rng(0)
white = np.linalg.qr(rng.standard_normal((200, 2)))[0] * np.sqrt(200)
H = np.array(
    [[1.0, 0.96], [0.96, 1.0]]
)  # X'X / n, the Hessian of the squared error
X = white @ np.linalg.cholesky(H).T
y = X @ [2.0, -1.0] + 0.3 * rng.standard_normal(200)
optimum = np.linalg.lstsq(X, y, rcond=None)[0]


def distance(w):
    """Return the relative suboptimality of each row of coefficients."""
    return np.einsum("ij,jk,ik->i", w - optimum, H, w - optimum) / (
        optimum @ H @ optimum
    )


# %%
# A fair trial
# ------------
#
# Each optimizer runs as ``batch``, so that nothing is left to chance, from zero, at
# nine rates. It is shown at the rate that took it within 1e-4 of the optimum, to
# stay there, in the fewest steps; or, where none did, within 1e-2. "To stay there"
# means for the rest of the run, a hundred steps at least. ``record_path=1`` keeps
# the coefficients after every step.

import warnings

import fastgd

NAMES = ("gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam")
RATES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
STEPS = 500


def descend(optimizer, rate):
    """Return a fit of so many steps, with its path."""
    return fastgd.fit(
        X, y, "batch", optimizer=optimizer, learning_rate=rate,
        max_iter=STEPS, fit_intercept=False, record_path=1,
    )  # fmt: skip


def steps_to(path, target):
    """Return after how many steps a path is within the target to stay."""
    if len(path) <= STEPS:  # it diverged
        return np.inf
    outside = np.flatnonzero(distance(path) > target)
    return outside[-1] + 1 if outside[-1] < STEPS - 100 else np.inf


def best_rate(optimizer):
    """Return the rate of the fewest steps."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the largest rates diverge, and say so
        paths = {rate: descend(optimizer, rate).path for rate in RATES}
    return min(
        RATES, key=lambda r: (steps_to(paths[r], 1e-4), steps_to(paths[r], 1e-2))
    )


best = {name: best_rate(name) for name in NAMES}
fits = {name: descend(name, rate) for name, rate in best.items()}
paths = {name: fit.path for name, fit in fits.items()}

import pandas as pd

pd.DataFrame(
    {
        "optimizer": name,
        "best rate": best[name],
        **{f"steps to {t:g}": f"{steps_to(path, t):g}" for t in (1e-2, 1e-4, 1e-6)},
        "worst of the last 100": f"{distance(path)[-100:].max():.0e}",
    }
    for name, path in paths.items()
).replace("inf", "never").set_index("optimizer")

# %%
# The paths
# ---------

from matplotlib import pyplot as plt

figure, axes = plt.subplots(2, 3, figsize=(10, 7.2), layout="constrained")
for axis, (name, fit) in zip(axes.flat, fits.items()):
    fastgd.plot.plot_descent_2d((X, y), {name: fit}, ax=axis)
    axis.get_legend().remove()
    axis.set(title=f"{name}, rate {best[name]:g}", xlabel="", ylabel="")
figure.supxlabel("first coefficient")
figure.supylabel("second coefficient")
figure.set_label(
    "Paths of the six optimizers from zero to the optimum over level lines"
)

# %%
# Plain gradient descent
# ----------------------
#
# .. math:: w \leftarrow w - \eta\, g
#
# The gradient points across the valley rather than along it. The rate has to stay
# below 2 / L, L the largest eigenvalue of the Hessian (1.96 here), or the steps
# across grow; at such a rate the steps along the valley are short, for there the
# eigenvalue is 49 times smaller. Each digit takes a number of steps in proportion
# to the condition number. That is all there is to "zig-zagging": no bad luck, and
# no local minimum.
#
# Momentum
# --------
#
# .. math:: b \leftarrow \mu\, b + g, \qquad w \leftarrow w - \eta\, b
#
# The step is a sum of past gradients that fade by μ, 0.9 unless you say otherwise.
# Where they agree, along the valley, they add up to 1 / (1 - μ) = 10 of them; where
# they alternate, across, they cancel. The path overshoots and swings, as a heavy
# ball would, and the steps per digit go with the *square root* of the condition
# number where μ suits it. 0.9 suits a condition number near 1400. Here, at 49, it
# swings for too long: theory has μ = 0.5625 and η = 4 / (√1.96 + √0.04)² for this
# valley.

tuned = descend(
    fastgd.Momentum(mu=0.5625), 4 / (np.sqrt(1.96) + np.sqrt(0.04)) ** 2
).path
print(f"{steps_to(paths['momentum'], 1e-4)} steps to 1e-4 with mu = 0.9")
print(f"{steps_to(tuned, 1e-4)} with mu = 0.5625")

# %%
# Nesterov's momentum
# -------------------
#
# .. math:: b \leftarrow \mu\, b + g, \qquad w \leftarrow w - \eta\, (g + \mu\, b)
#
# The same memory, and the newest gradient counts once more. It is often explained
# as "the gradient is taken where momentum will have led". That is the same
# algorithm in other coordinates: in this form, which is also PyTorch's, w *is* the
# point looked ahead to. Large curvatures are damped, so it swings less, and its
# largest stable rate is smaller than plain descent's, not larger: 2 (1 + μ) / ((1 +
# 2 μ) L).
#
# AdaGrad
# -------
#
# .. math::
#    s \leftarrow s + g^2, \qquad
#    w \leftarrow w - \frac{\eta}{\sqrt{s} + \varepsilon}\, g
#
# Every coefficient has a rate of its own, which falls with the gradients it has
# met. The first step is η in each coefficient, whatever the gradient's size: so the
# rate is a length, in units of the coefficients. The sum never shrinks, so rates
# only fall. On a convex objective that is a virtue: it comes to rest without a
# schedule, and rare columns keep large rates.
#
# RMSprop
# -------
#
# .. math:: v \leftarrow \rho\, v + (1 - \rho)\, g^2,
#           \qquad w \leftarrow w - \frac{\eta}{\sqrt{v} + \varepsilon}\, g
#
# AdaGrad that forgets: v is a running mean, ρ = 0.99. The sum no longer brakes, and
# so a constant rate does *not* come to rest, not even with exact gradients: near
# the optimum v shrinks with the gradients, η / √v grows until it is beyond what the
# curvature allows, and the path jumps off again, to come back and jump again. Give
# it a rate that falls.
#
# Adam
# ----
#
# .. math::
#    m \leftarrow \beta_1 m + (1 - \beta_1)\, g, \qquad
#    v \leftarrow \beta_2 v + (1 - \beta_2)\, g^2
#
# .. math::
#    w \leftarrow w - \eta\,
#    \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \varepsilon}
#
# Momentum over RMSprop, with the two running means corrected for having begun at
# zero. Its first step, too, is η in each coefficient. With
# β₂ = 0.999 and so few steps, the corrected v is about the mean of all squares so
# far: the rates change slowly, and the path swings as momentum's does.

# %%
# .. admonition:: Often said, and not quite so
#
#    *"Adam, RMSprop and AdaGrad need no tuning of the rate."* The table of nine
#    rates above was needed for each. What they do need less of is *scaling*: a
#    column in other units gets a rate in other units.
#
#    *"They adapt to the curvature."* To the size of gradients, coefficient by
#    coefficient. A valley that runs across the axes, as correlated columns make it,
#    is as narrow for them as before.
#
#    *"Adam is the best optimizer."* On noisy, badly scaled, non-convex problems it
#    is a sound default. For a linear model, what helps is to remove the condition
#    number itself, which a self-tuned fit does:

fit = fastgd.fit(X, y, "batch", fit_intercept=False, record_path=1, random_state=0)
print(f"{distance(fit.coef_[None])[0]:.0e} after {fit.t_} step(s), nothing tuned")

# %%
# Distance against steps
# ----------------------

figure, axis = plt.subplots(figsize=(7, 4), layout="constrained")
colours = ("#000000", "#D55E00", "#E69F00", "#009E73", "#CC79A7", "#0072B2")
for colour, (name, path) in zip(colours, paths.items()):
    axis.plot(
        np.maximum(distance(path), 1e-12), color=colour, label=name, linewidth=1.3
    )
axis.plot(
    np.maximum(distance(tuned), 1e-12),
    "--",
    color="#D55E00",
    label="momentum, mu=0.5625",
)
axis.set(yscale="log", xlabel="steps", ylabel="relative suboptimality")
axis.set(xlim=(0, 250), ylim=(1e-10, 3))
figure.legend(frameon=False, loc="outside right upper")
axis.spines[["top", "right"]].set_visible(False)
