"""Parameters of losses, optimizers and schedules: a wrong name gets the right one."""

import copy
import inspect
import pickle

import pytest
from refusals import refused

import fastgd
from fastgd.losses import LOSSES
from fastgd.optimizers import OPTIMIZERS
from fastgd.schedules import SCHEDULES

RATE = "The learning rate is an argument of fit and minimize, as in learning_rate=0.1."
WRONG = {
    "Adam, lr": (lambda: fastgd.Adam(lr=0.1), RATE),
    "Adam, learning_rate": (lambda: fastgd.Adam(learning_rate=0.1), RATE),
    "GD, eta0": (lambda: fastgd.GD(eta0=0.1), RATE),
    "Adam, beta1": (lambda: fastgd.Adam(beta1=0.9), "Did you mean 'beta_1'?"),
    "Adam, beta2": (lambda: fastgd.Adam(beta2=0.9), "Did you mean 'beta_2'?"),
    "Adam, betas": (lambda: fastgd.Adam(betas=(0.9, 0.99)), "Did you mean 'beta_1'?"),
    "Adam, epsilon": (lambda: fastgd.Adam(epsilon=1e-8), "Did you mean 'eps'?"),
    "Adam, weight_decay": (lambda: fastgd.Adam(weight_decay=0.1), "as in alpha=0.01."),
    "GD, momentum": (lambda: fastgd.GD(momentum=0.9), "Write fastgd.Momentum(mu=0.9)."),
    "Momentum, momentum": (lambda: fastgd.Momentum(momentum=0.9), "Did you mean 'mu'?"),
    "Nesterov, beta": (lambda: fastgd.Nesterov(beta=0.9), "Did you mean 'mu'?"),
    "RMSprop, decay": (lambda: fastgd.RMSprop(decay=0.9), "Did you mean 'rho'?"),
    "Adam, too many": (lambda: fastgd.Adam(1, 2, 3, 4), "it takes beta_1, beta_2, eps."),
    "GD, one": (lambda: fastgd.GD(0.1), "GD() got 1 arguments: it takes none."),
    "Huber, epsilon": (lambda: fastgd.Huber(epsilon=1.35), "Did you mean 'delta'?"),
    "Quantile, tau": (lambda: fastgd.Quantile(tau=0.9), "Did you mean 'quantile'?"),
    "Quantile, quantil": (lambda: fastgd.Quantile(quantil=0.9), "Did you mean 'quantile'?"),
    "EpsilonInsensitive, eps": (lambda: fastgd.EpsilonInsensitive(eps=0.1), "mean 'epsilon'?"),
    "SquaredError, delta": (lambda: fastgd.SquaredError(delta=1.0), "'delta': it takes none."),
    "CustomLoss, curve": (lambda: fastgd.CustomLoss(abs, curve=1.0), "Did you mean 'curvature'?"),
    "InverseScaling, lr": (lambda: fastgd.InverseScaling(lr=0.1), "Did you mean 'eta0'?"),
    "InverseScaling, power": (lambda: fastgd.InverseScaling(power=0.5), "mean 'power_t'?"),
    "Exponential, gama": (lambda: fastgd.Exponential(gama=0.5), "Did you mean 'gamma'?"),
    "LineSearch, decrese": (lambda: fastgd.LineSearch(decrese=0.1), "Did you mean 'decrease'?"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_parameter_is_told_the_right_one(case):
    make, hint = WRONG[case]
    sentence = refused(TypeError, make)
    assert sentence.startswith(f"{case.split(',')[0]}() got ") and sentence.endswith(hint)


OWNED = {
    "beta1": "optimizer=fastgd.Adam(beta_1=...)",
    "beta_2": "optimizer=fastgd.Adam(beta_2=...)",
    "mu": "optimizer=fastgd.Momentum(mu=...)",
    "momentum": "optimizer=fastgd.Momentum(mu=...)",
    "rho": "optimizer=fastgd.RMSprop(rho=...)",
    "delta": "loss=fastgd.Huber(delta=...)",
    "quantile": "loss=fastgd.Quantile(quantile=...)",
    "epsilon": "loss=fastgd.EpsilonInsensitive(epsilon=...)",
    "power_t": "learning_rate=fastgd.InverseScaling(power_t=...)",
    "gamma": "learning_rate=fastgd.Exponential(gamma=...)",
}


@pytest.mark.parametrize("word", OWNED)
def test_a_parameter_given_to_fit_is_told_where_it_belongs(word):
    sentence = refused(TypeError, lambda: fastgd.fit([[0.0], [1.0]], [0.0, 1.0], **{word: 0.5}))
    assert sentence == (
        f"fit() got an unexpected keyword argument {word!r}. It is a parameter of an object: write "
        f"{OWNED[word]}."
    )


@pytest.mark.parametrize("row", [*LOSSES.values(), *OPTIMIZERS.values(), *SCHEDULES.values()])
def test_objects_are_copied_pickled_and_described_as_ever(row):
    made = row()
    assert copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == made
    assert "values" not in inspect.signature(row).parameters


def test_a_class_of_ones_own_may_take_what_it_likes():
    class Own(fastgd.schedules.Schedule):
        def __init__(self, **numbers):
            self.__dict__.update(numbers)

    assert Own(lr=3).lr == 3
