"""Every warning names the line of the user's that led to it, at whatever depth it arises."""

import warnings

import numpy as np
import pytest

import fastgd

X = np.random.default_rng(0).standard_normal((40, 3))
Y = X @ np.arange(3.0)
NARROW = X + np.array([0.0, 1e15, 0.0])
CALLS = {
    "fit diverges": lambda: fastgd.fit(X, Y, "batch", learning_rate=9.0, max_iter=20),
    "fit is cut short": lambda: fastgd.fit(X, Y, "batch", learning_rate=1e-9, tol=1e-9),
    "fit of few rows": lambda: fastgd.fit(X[:2], Y[:2], "batch", learning_rate=0.01, max_iter=2),
    "a column vector": lambda: fastgd.fit(X, Y[:, None], "batch", learning_rate=0.01, max_iter=2),
    "separable labels": lambda: fastgd.fit(X, Y > 0, loss="log_loss"),
    "a column close to a constant": lambda: fastgd.fit(NARROW, Y),
    "minimize diverges": lambda: fastgd.minimize(np.square, 1.0, learning_rate=9.0, max_iter=9),
    "minimize is cut short": lambda: fastgd.minimize(np.cosh, 1.0, learning_rate=1e-9, max_iter=9),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_warning_points_at_the_line_of_the_caller(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    assert caught
    assert {warning.filename for warning in caught} == {__file__}
