"""`fit`: check -> plan -> run -> result."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from fastgd.base.validation import refuse_unknown
from fastgd.data.categories.encoding import read_policy
from fastgd.data.inputs import check_initial, make_source
from fastgd.data.orders import draw_seed, fix_random_state
from fastgd.data.sources import Source
from fastgd.descent.driver import Outcome, Watching, descend
from fastgd.descent.run import Run
from fastgd.fitting.messages import warn_of
from fastgd.fitting.recipe import make_recipe
from fastgd.fitting.result import FitResult
from fastgd.fitting.separation import find_separation
from fastgd.monitoring.reasons import Progress
from fastgd.monitoring.stopwatch import Stopwatch
from fastgd.planning.derivatives import refuse_wrong_derivative
from fastgd.planning.plan import Plan, make_plan
from fastgd.planning.request import (
    Request,
    as_schedule,
    owner_of,
    read_callback,
    read_record,
    read_record_path,
    read_request,
    read_time_limit,
    read_verbose,
)
from fastgd.schedules import shown_rate

ABOVE_CONSTANT = "higher than that of the best constant prediction: more epochs are needed"
REQUEST = tuple(inspect.signature(read_request).parameters)  # keywords of `fit`
NEGLIGIBLE = 1e-14  # of what the columns explain


def fit(
    X: Any,
    y: Any,
    variant: str = "minibatch",
    *,
    loss: Any = "squared_error",
    optimizer: Any = "auto",
    learning_rate: Any = "auto",
    batch_size: Any = "auto",
    max_iter: int | None = None,
    tol: float | str | None = "auto",
    alpha: float = 0.0,
    l1_ratio: float = 0.0,
    fit_intercept: bool = True,
    sample_weight: Any = None,
    offset: Any = None,
    coef_init: Any = None,
    intercept_init: Any = None,
    average: Any = "auto",
    shuffle: Any = True,
    route: str = "auto",
    scaling: str | None = "auto",
    preconditioner: str | None = "auto",
    random_state: Any = None,
    n_threads: int | None = None,
    record: Any = (),
    record_path: bool | int = False,
    callback: Callable[[Progress], Any] | None = None,
    verbose: int = 0,
    time_limit: float | None = None,
    categories: str | None = None,
    unknown: str = "error",
    missing: str = "error",
    **others: Any,
) -> FitResult:
    """Fit a linear model by gradient descent.

    Minimises F(w, b) = sum_i s_i loss(z_i, y_i) / sum_i s_i + alpha (½(1 - l1_ratio) ||w||² +
    l1_ratio ||w||_1), z = X w + b. With a `learning_rate` given it runs exactly the algorithm of
    the textbooks on X as it is (textbook mode); without one it chooses the step itself
    (self-tuned mode).

    Parameters
    ----------
    X : array-like or data frame, shape (n_samples, n_features)
        float32 and float64 in C order are read in place. Whatever else lies as numbers (another
        type or layout, columns of pandas, polars or Arrow, memory maps, any `__array__` or
        DLPack) is converted a piece at a time to float64, or float32 if all of it is; lists
        and Python objects are converted once. A frame's column names are kept.
    y : array-like, shape (n_samples,)
        Targets; for `log_loss`, `hinge`, `squared_hinge` and `modified_huber` any two labels.
    variant : {"minibatch", "batch", "stochastic", "auto"}
        One step per `batch_size` rows, per pass over all rows, or per row; "auto", for self-tuned
        fits, takes what `fastgd.suggest` says.
    loss : str, Loss or function
        For numbers "squared_error", "huber", "absolute_error", "quantile", "epsilon_insensitive",
        "squared_epsilon_insensitive"; for counts and amounts, with a log link, "poisson", "gamma",
        "tweedie"; for two labels "log_loss", "hinge", "squared_hinge",
        "modified_huber"; an object such as ``fastgd.Quantile(0.9)``, or a function of your own,
        ``f(z, y) -> (value, derivative)``.
    optimizer : str or Optimizer
        "gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", an object such as
        ``fastgd.Adam(beta_1=0.8)`` or "auto".
    learning_rate : "auto", float, Schedule, dict or callable
        Multiplies the mean gradient of a step's rows. A callable gets step numbers, which count
        from 1: an array of them, or, if it takes none, one at a time. A dictionary
        ``{1: 0.1, 1000: 0.01}`` holds rates by the first step that has them.
    batch_size : int or "auto"
        Rows per step of `minibatch`; 256 by default. A self-tuned fit whose steps are multiplied
        by the inverse Hessian of a sample takes 64 to some 8000, 64 steps an epoch, and after the
        first epoch, from the mean of the iterates, all rows.
    max_iter : int, optional
        Epochs; for `batch` an epoch is a step. By default 100, for self-tuned `batch` 1000, or
        10,000 if they are not multiplied by an inverse Hessian.
    tol : float, None or "auto"
        `batch` stops when the norm of the (proximal) gradient is `tol` times its first value, the
        others when an epoch's loss + penalty has not beaten the best by tol |best| for 5 epochs;
        so does `batch`, for 100 epochs, if the loss has kinks: no gradient vanishes.
        "auto" is None in textbook mode: exactly `max_iter` epochs. A self-tuned fit without an L1
        penalty, of at most 1024 columns, ends once the objective is estimated to be within 1e-8
        of its fall from coefficients of zero (the intercept at its best), and a thousandth of the
        width of smoothing if the loss has kinks; `stochastic`, and mini-batches on more than ten
        million values of X, with another optimizer, or after 20 epochs, within a tenth of the
        statistical error: all beyond is noise.
    alpha, l1_ratio : float
        Strength of the penalty (not the learning rate, which texts call alpha) and the fraction of
        it that is L1.
    fit_intercept : bool
    sample_weight : array-like, shape (n_samples,), optional
        A row's weight multiplies its loss relative to the mean weight. Weights, like targets,
        belong to rows by position: the index of a Series is ignored.
    offset : array-like, shape (n_samples,), optional
        Numbers that are added to each row's z = X coef + intercept, for losses of z - y;
        `predict` then needs them, too.
    coef_init, intercept_init : array-like, shape (n_features,), and float, optional
        Where to start; zero by default, and for a self-tuned fit the optimum of a sample of rows,
        or the middle of y.
    average : bool, float, "recent" or "auto"
        True returns the mean of the iterates after every step (Polyak-Ruppert); a fraction that
        of the last so many of `max_iter` epochs' steps, to within the rows taken together; "recent"
        that of the second half or more, whose end need not be known beforehand (so does a
        fraction if there is a `tol`).
    shuffle : bool, "replacement" or integer array, shape (n_epochs, n_visits)
        A new random order in each epoch, the order of storage, rows drawn independently, or the
        order itself. `batch` always visits rows in the order of storage.
    route : {"auto", "direct", "gram"}
        How gradients are computed: "direct" from the rows; "gram" from X'X, which takes n d^2
        operations once and makes every step of `batch` on the squared error nearly free. A
        self-tuned fit chooses; the textbook's is "direct".
    scaling : {"auto", "standardize"} or None
        In which coordinates steps are taken, without a copy of X: columns less their mean (if
        there is an intercept) over their standard deviation. In textbook mode exactly so, at the
        cost of two passes, and only when asked for; a self-tuned fit takes them from a sample of
        rows. The penalty is always that of the original coefficients.
    preconditioner : {"auto", "diagonal", "full"} or None
        "full" multiplies steps by the inverse Hessian at the optimum of a sample of rows; for
        `batch` and `minibatch`, gd, losses with second derivatives, no L1 penalty and at most 1024
        columns; a self-tuned fit of these takes it by itself. "diagonal" divides columns by their
        root mean square.
    random_state : None, int or numpy.random.Generator
    n_threads : int, optional
        All cores that the process may use by default. Results do not depend on it.
    record : collection of {"objective", "grad_norm"}
        What to compute at every record of the history although it costs a pass over X; that time
        is not counted in `seconds`.
    record_path : bool or int
        True keeps the coefficients of every record, an int k the iterate after every k steps.
    callback : function, optional
        Called with a `Progress` after every epoch; True or StopIteration ends the run.
    verbose : int
        1 prints a line per record.
    time_limit : float, optional
        Seconds, compiling and evaluating left out.
    categories : {"onehot"} or None
        "onehot" encodes the columns of text and of categories of a frame: a column of zeros and
        ones for each level but the first, which is the baseline; with a penalty for every level,
        so that the fit does not depend on the baseline. Levels are sorted, those that a type
        declares (categories of pandas, an Enum of polars, a dictionary of Arrow) keep their order;
        at most 50. The encoding is part of the model: `predict` takes the same frames.
    unknown : {"error", "baseline", "ignore"}
        What `predict` does with a level that was not fitted: refuse it, take it for the baseline,
        or set all columns of the levels to zero (the same thing if the baseline has no column).
        `FitResult.encode` says how many rows hold any.
    missing : {"error", "drop", "level", "median"}
        What is done with missing values, NaN included, in the fit and in `predict`: refuse them;
        leave the rows out, those without a target in y, too (`predict` returns NaN or None for
        them; `shuffle` counts the rows that are left); let them be a level of their own, in columns
        of text; or take the weighted median, and add a column that marks these rows (texts get a
        level of their own).

    Returns
    -------
    FitResult

    Raises
    ------
    ValueError, TypeError
        For arguments that make no sense, naming the argument, what was got and what to do.

    Warns
    -----
    DivergenceWarning
        The iterates diverged: the objective ended higher than it began, by more than rounding and
        the noise of steps; or that of a loss of your own falls without end. The better of the start
        and the last good coefficients is returned.
    ConvergenceWarning
        `max_iter` was reached before `tol`; the labels are linearly separable, for which
        `log_loss` has no minimum without a penalty; or the values of a column are equal up to
        rounding, and not exactly.
    UserWarning
        X has fewer rows, of weight above 0, than features and `alpha` is 0: the solution is not
        unique.
    RuntimeWarning
        A file of compiled code on the disk was broken and has been written again; no result depends
        on it.

    References
    ----------
    Bottou, Curtis, Nocedal, "Optimization methods for large-scale machine learning", 2018,
    sections 3 and 4.

    Examples
    --------
    >>> import fastgd
    >>> X, y, coef = fastgd.datasets.make_regression(1000, 3, noise=0.1, random_state=0)
    >>> result = fastgd.fit(X, y, random_state=0)
    >>> bool(abs(result.coef_ - coef).max() < 0.05)
    True
    >>> fastgd.fit(X, y, "batch", learning_rate=0.5, max_iter=20).stop_reason
    <StopReason.MAX_ITER: 'It made all the epochs it was asked for.'>
    """
    keywords = dict(locals())
    X, y, others = (keywords.pop(name) for name in ("X", "y", "others"))
    refuse_unknown(fit, others, "variant", elsewhere=owner_of)
    return _fit(X, y, keywords)


def _fit(X: Any, y: Any, keywords: dict[str, Any]) -> FitResult:
    """Check, plan, run: *keywords* are those of `fit`, all of them."""
    watch = Stopwatch()
    keywords["learning_rate"] = as_schedule(keywords["learning_rate"])
    request = read_request(**{name: keywords[name] for name in REQUEST})
    watching = _read_watching(keywords)
    keywords["random_state"] = fix_random_state(keywords["random_state"])
    source = _read_source(X, y, request, keywords)
    initial = check_initial(
        keywords["coef_init"], keywords["intercept_init"], source.d, request.fit_intercept
    )
    refuse_wrong_derivative(request.loss, source, initial)
    # Values that are not finite are found and reported in a sentence, not by NumPy's warnings.
    with np.errstate(all="ignore"):
        plan = make_plan(request, source, initial, draw_seed(keywords["random_state"]))
        with Run(
            plan,
            source,
            evaluates_gradients="grad_norm" in watching.record,
            peeks=bool(watching.path_every),
        ) as run:
            run.load()
            outcome = descend(run, watching, watch)
            outcome, remarks = find_separation(outcome, plan, source)
            warn_of(outcome, run)
    recipe = make_recipe(plan, outcome, keywords)
    result = make_result(plan, source, outcome, recipe, watch.loading_seconds)
    choices = result.choices | remarks
    return replace(result, choices=choices, needs_offset_=keywords["offset"] is not None)


def _read_watching(keywords: dict[str, Any]) -> Watching:
    return Watching(
        record=read_record(keywords["record"]),
        path_every=read_record_path(keywords["record_path"]),
        callback=read_callback(keywords["callback"]),
        verbose=read_verbose(keywords["verbose"]),
        time_limit=read_time_limit(keywords["time_limit"]),
    )


def _read_source(X: Any, y: Any, request: Request, keywords: dict[str, Any]) -> Source:
    policy = read_policy(
        keywords["categories"],
        keywords["unknown"],
        keywords["missing"],
        full=request.alpha > 0,
        intercept=request.fit_intercept,
    )
    weights, offset, loss = keywords["sample_weight"], keywords["offset"], request.loss
    return make_source(X, y, weights, loss.target, policy, loss, offset)


def make_result(
    plan: Plan, source: Source, outcome: Outcome, recipe: dict[str, Any], compile_seconds: float
) -> FitResult:
    """Return what the user gets."""
    encoded, names, reasons = source.encoded, source.frame_names, dict(plan.reasons)
    rate_reason = reasons.pop("learning_rate")
    are_texts = names is not None and all(isinstance(name, str) for name in names)
    return FitResult(
        coef_=outcome.coef[:-1].astype(source.dtype),
        intercept_=float(outcome.coef[-1]),
        n_iter_=outcome.epochs,
        t_=outcome.steps,
        converged=outcome.converged,
        stop_reason=outcome.stop_reason,
        objective=outcome.objective,
        suboptimality=outcome.suboptimality,
        statistical_error=_statistical_error(plan),
        choices={name: why for name, why in reasons.items() if why}
        | ({} if encoded is None else encoded.remarks)
        | ({"objective": ABOVE_CONSTANT} if outcome.above_constant else {}),
        history=outcome.history,
        mode=plan.mode,
        variant=plan.variant,
        loss_=plan.objective.loss,
        optimizer_=plan.optimizer,
        learning_rate_=shown_rate(plan.schedule),
        rate_reason=rate_reason,
        batch_size_=plan.batch_size,
        route_=plan.route,
        compile_seconds=compile_seconds,
        recipe=recipe,
        classes_=source.classes,
        feature_names_in_=np.array(names, dtype=object) if are_texts else None,
        column_names_=None if are_texts else names,
        path=outcome.path,
        path_steps=outcome.path_steps,
        encoding_=None if encoded is None else encoded.encoding,
    )


def _statistical_error(plan: Plan) -> float | None:
    """Return the statistical error; None if it is unknown, or the rounding of an exact fit."""
    optimum = plan.optimum
    if optimum is None:
        return None
    least = NEGLIGIBLE * abs(optimum.fall)
    return optimum.statistical_error if optimum.statistical_error > least else None
