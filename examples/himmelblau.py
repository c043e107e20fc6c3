"""
Himmelblau's basins
===================

(x² + y - 11)² + (x + y² - 7)² has four minima, all of them 0. Which one descent
finds depends on where it starts, and on the learning rate.
"""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

import fastgd


def himmelblau(point):
    """Return the function, of one point or the sum over many."""
    x, y = point[..., 0], point[..., 1]
    return np.sum((x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2)


def slope(point):
    """Return the gradient, in the shape of the point."""
    x, y = point[..., 0], point[..., 1]
    first, second = x**2 + y - 11, x + y**2 - 7
    return np.stack(
        [4 * x * first + 2 * second, 2 * first + 4 * y * second], axis=-1
    )


# %%
# One start after the other: four paths, four minima.

starts = [(0.0, 0.5), (-1.0, 0.5), (-0.5, -1.5), (0.5, -1.5)]
paths = {
    f"from {x}, {y}": fastgd.minimize(
        himmelblau, [x, y], jac=slope, learning_rate=0.01
    )
    for x, y in starts
}
for name, run in paths.items():
    print(f"{name:<15} to {run.x.round(4)} in {run.nit} steps")

ax = fastgd.plot.plot_descent_2d(himmelblau, paths)

# %%
# All starts at once: x0 may have any shape, and plain steps on a sum of functions,
# each of its own point, are steps on each of them. A rate twice as large makes the
# borders of the basins ragged: from steep walls it jumps over the nearest minimum.

minima = np.array([run.x for run in paths.values()])
side = np.linspace(-5, 5, 150)
grid = np.stack(np.meshgrid(side, side), axis=-1)

settings = {"jac": slope, "max_iter": 500, "tol": None, "record_path": False}
figure = Figure(figsize=(10, 4.8), layout="constrained")
colours = ListedColormap(["#0072B2", "#E69F00", "#009E73", "#CC79A7"])
for ax, rate in zip(figure.subplots(1, 2), (0.01, 0.02), strict=True):
    end = fastgd.minimize(himmelblau, grid, learning_rate=rate, **settings).x
    nearest = np.linalg.norm(end[:, :, None] - minima, axis=-1).argmin(axis=-1)
    ax.imshow(
        nearest, origin="lower", extent=(-5, 5, -5, 5), cmap=colours, vmin=0, vmax=3
    )
    ax.plot(*minima.T, "*", color="white", markersize=14, markeredgecolor="black")
    ax.set(title=f"learning rate {rate}", xlabel="x", ylabel="y")
