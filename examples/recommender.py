"""
A recommender by stochastic steps
=================================

200 people have rated some of 100 films. Each person and each film gets 4 numbers,
and a rating is predicted by their inner product (Koren, Bell, Volinsky 2009). Each
step looks at a single rating: functions compiled by Numba are called from a
compiled loop, so hundreds of thousands of steps take a second.
"""

import numba
import numpy as np

import fastgd

PEOPLE, FILMS, TASTES = 200, 100, 4
rng = np.random.default_rng(0)
person, film = np.nonzero(rng.random((PEOPLE, FILMS)) < 0.3)
truth = rng.standard_normal((PEOPLE, TASTES)) @ rng.standard_normal((TASTES, FILMS))
rating = truth[person, film] + 0.2 * rng.standard_normal(len(person))
seen = rng.random(len(person)) < 0.9  # the others tell what the model is worth
train = person[seen], film[seen], rating[seen]

# %%
# The parameters are one array: the people's tastes, then the films'. The gradient
# of one rating is zero but for 8 of them. ``turn`` counts the steps: it says which
# rating comes next.


@numba.njit
def predict(x, p, f):
    """Return the inner product of a person's tastes and a film's."""
    return np.sum(x[p] * x[f])


@numba.njit
def cost(x, person, film, rating, order, turn):
    """Return half the mean square over all ratings."""
    total = 0.0
    for k in range(len(rating)):
        total += (predict(x, person[k], PEOPLE + film[k]) - rating[k]) ** 2
    return 0.5 * total / len(rating)


@numba.njit
def slope_of_one(x, person, film, rating, order, turn):
    """Return the gradient of the next rating's half square."""
    k = order[turn[0] % len(order)]
    turn[0] += 1
    p, f = person[k], PEOPLE + film[k]
    error = predict(x, p, f) - rating[k]
    gradient = np.zeros_like(x)
    gradient[p] = error * x[f]
    gradient[f] = error * x[p]
    return gradient


order = np.concatenate([rng.permutation(seen.sum()) for _ in range(40)])
run = fastgd.minimize(
    cost,
    0.3 * rng.standard_normal((PEOPLE + FILMS, TASTES)),
    jac=slope_of_one,
    learning_rate=fastgd.Cosine(eta0=0.05, n_steps=len(order)),
    max_iter=len(order),
    tol=None,  # the gradient of one rating says nothing about all of them
    args=(*train, order, np.zeros(1, np.int64)),
    record_path=False,
)
print(run.summary())

# %%
# What it is worth is told by ratings it has not seen: they were made with an error
# of 0.2.

predicted = (run.x[:PEOPLE] @ run.x[PEOPLE:].T)[person, film]
rmse = np.sqrt(np.mean((predicted - rating)[~seen] ** 2))
print(f"root mean square error {rmse:.3f}; of guessing 0 {rating[~seen].std():.3f}")
ax = fastgd.plot.plot_loss(run, x="steps")
ax.set_yscale("log")
