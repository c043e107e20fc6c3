"""
A neural network by backpropagation
===================================

Two half-moons that no straight line parts, and a network of one hidden layer: 2
inputs, 16 hidden units, 1 output, 65 numbers in all. `fastgd.minimize` knows
nothing of networks; it gets a function that returns the loss and its gradient.
"""

import numpy as np

import fastgd

rng = np.random.default_rng(0)
angle = rng.uniform(0, np.pi, 200)
moon = np.column_stack([np.cos(angle), np.sin(angle)])
X = np.vstack([moon, [1.0, 0.5] - moon]) + 0.1 * rng.standard_normal((400, 2))
labels = np.repeat([1.0, -1.0], 200)

HIDDEN = 16


def unpack(weights):
    """Cut the parameters into the two layers."""
    into, bias, out, last = np.split(
        weights, np.cumsum([2 * HIDDEN, HIDDEN, HIDDEN])
    )
    return into.reshape(2, HIDDEN), bias, out, last[0]


# %%
# Forwards, then backwards: the derivative of the loss is passed from the output to
# each layer, the chain rule read from the end. ``jac=True`` says that the function
# returns both.


def network(weights, X, labels):
    """Return the mean logistic loss and its gradient."""
    into, bias, out, last = unpack(weights)
    hidden = np.tanh(X @ into + bias)
    margin = labels * (hidden @ out + last)
    loss = np.mean(np.logaddexp(0.0, -margin))

    slope = -labels / (1.0 + np.exp(margin)) / len(X)  # of the loss by the output
    before = np.outer(slope, out) * (
        1.0 - hidden**2
    )  # by what each hidden unit adds up
    gradient = [X.T @ before, before.sum(axis=0), slope @ hidden, [slope.sum()]]
    return loss, np.concatenate([np.ravel(part) for part in gradient])


start = rng.standard_normal(4 * HIDDEN + 1)
settings = {"jac": True, "args": (X, labels), "max_iter": 1000, "tol": None}
runs = {
    name: fastgd.minimize(
        network, start, optimizer=name, learning_rate=rate, **settings
    )
    for name, rate in [("gd", 0.5), ("momentum", 0.5), ("adam", 0.05)]
}
for name, run in runs.items():
    into, bias, out, last = unpack(run.x)
    right = np.sign(np.tanh(X @ into + bias) @ out + last) == labels
    print(f"{name:<9} loss {run.fun:.4f}, {100 * right.mean():.1f} % right")

# %%
# The same network, three ways down:

ax = fastgd.plot.plot_loss(runs)
ax.set_yscale("log")
