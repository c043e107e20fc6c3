"""
A saddle
========

x² - y² + y⁴ / 2 has a saddle at the origin, where its gradient is zero, and minima
at y = 1 and y = -1. A descent that starts exactly on the ridge ends at the saddle
and calls it done; the least nudge saves it, at a price: the time to get away grows
with the logarithm of how small the nudge is.
"""

import numpy as np

import fastgd


def saddle(point):
    """Return the height."""
    x, y = point
    return x**2 - y**2 + y**4 / 2


def slope(point):
    """Return the gradient."""
    x, y = point
    return np.array([2 * x, -2 * y + 2 * y**3])


stuck = fastgd.minimize(saddle, [1.0, 0.0], jac=slope, learning_rate=0.1)
print(stuck)

# %%
# Its gradient has vanished, so it "reached its tolerance"; only the Hessian tells a
# saddle from a minimum. Now with a nudge, and with three optimizers. Near the
# saddle a plain step multiplies y by 1 + 2 * 0.1 = 1.2, so it takes about
# ln(0.5 / nudge) / ln 1.2 steps to come to 0.5.

settings = {"jac": slope, "learning_rate": 0.1, "tol": None}
for nudge in (1e-2, 1e-4, 1e-8):
    steps = {}
    for name in ("gd", "momentum", "adam"):
        run = fastgd.minimize(saddle, [1.0, nudge], optimizer=name, **settings)
        steps[name] = int(np.argmax(run.path[:, 1] > 0.5))
    predicted = np.log(0.5 / nudge) / np.log(1.2)
    print(f"nudge {nudge:g}: {steps} steps; predicted for gd: {predicted:.0f}")

# %%
# Adam divides by the size of past gradients, so a tiny gradient is as good as a
# large one.

paths = {
    name: fastgd.minimize(
        saddle, [1.0, 1e-4], optimizer=name, max_iter=100, **settings
    )
    for name in ("gd", "momentum", "adam")
}
ax = fastgd.plot.plot_descent_2d(saddle, paths)
