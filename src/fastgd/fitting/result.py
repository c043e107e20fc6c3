"""Results: what a fit learned, what it did, and why it stopped."""

from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastgd.base.files import StrPath
from fastgd.base.types import Array
from fastgd.base.validation import check_name
from fastgd.data.categories.encoding import MISSING, UNKNOWN, Encoding
from fastgd.data.categories.rows import Encoded
from fastgd.data.frames import Names
from fastgd.data.inputs import apply_rows, check_X
from fastgd.data.sources import refuse_non_finite_table, row_in_frame
from fastgd.data.tables import pieces
from fastgd.descent.recording import COLUMNS
from fastgd.fitting.columns import check_columns, describe_columns, fitted_names
from fastgd.fitting.prediction import add_offset, targets_at
from fastgd.fitting.score import score_of
from fastgd.fitting.summary import say_precision, summarise
from fastgd.losses import LOSSES, Loss
from fastgd.monitoring.reasons import StopReason
from fastgd.optimizers import Optimizer
from fastgd.saving.archive import read_archive, reading, write_archive
from fastgd.saving.fields import pack, unpack
from fastgd.schedules import Schedule


@dataclass(frozen=True, eq=False)  # arrays do not compare to a single answer
class FitResult:
    """What `fit` returns.

    Attributes
    ----------
    coef_ : ndarray, shape (n_features,), in X's type
        Coefficients, in the units of X as it was given, or as it was encoded.
    intercept_ : float
        Zero if `fit_intercept` is False.
    n_iter_, t_ : int
        Completed epochs, and steps taken.
    n_features_in_ : int
        Columns of the table that was fitted.
    feature_names_in_ : ndarray of str, or None
        Column names of the frame that was fitted, if all are strings.
    column_names_ : tuple, or None
        Column names of the frame that was fitted, if some are of other types, such as integers or
        tuples. A file keeps them if they are numbers, strings, or tuples of these.
    coef_names_ : ndarray of str, or None
        What each coefficient belongs to: a column of the frame, or a level of one.
    encoding_ : Encoding or None
        What becomes of texts, categories and missing values; None if `fit` was not asked to
        encode any.
    classes_ : ndarray, shape (2,), or None
        The two labels of a classification, in order; the second one is the positive one.
    converged : bool or None
        Whether the tolerance was met; None if there was none.
    stop_reason : StopReason
        Its text says why the run ended.
    objective : float
        The objective at the coefficients returned: weighted mean loss plus penalty.
    suboptimality : float or None
        An upper estimate of how far `objective` is above its least value, from the gradient and
        the Hessian of a sample of rows. None if that is not known: in textbook mode without a
        full preconditioner, with an L1 penalty, of a loss with kinks that is not smoothed (with a
        named optimizer, or your own), and beyond 1024 columns.
    statistical_error : float or None
        How far, about, the objective of all rows to come would be above its least value for the
        coefficients that are best for these rows: tr(H^-1 C) / (2 n), H the Hessian and C the
        covariance of the rows' gradients. Optimising below it fits noise. None if it is not
        known, and if an exact fit or fewer rows than columns leave no noise.
    choices : dict of str
        What was chosen beyond optimizer, rate and batch size, a sentence each.
    history : dict of ndarray, all of one length
        epoch, step, passes (row gradients / rows), reads (passes over X really made), seconds
        (without compiling and evaluating), learning_rate, loss (weighted mean of the rows
        since the record before), objective and grad_norm (NaN if they were not computed).
    path : ndarray, shape (n_points, n_features + fit_intercept), or None
        The coefficients, then the intercept if it is fitted, at the recorded steps.
    path_steps : ndarray of int, shape (n_points,), or None
    mode : {"textbook", "self-tuned"}
    variant : {"batch", "stochastic", "minibatch"}
    loss_ : Loss
    optimizer_ : Optimizer
    learning_rate_ : float or Schedule
        The number, if the rate was constant.
    batch_size_ : int
        Rows per step.
    route_ : {"direct", "gram"}
    compile_seconds : float
        Time spent on compiling kernels or fetching them from the disk.
    recipe : dict
        Keywords with which ``fit(X, y, **recipe)`` replays this run bit for bit (of a run that a
        time limit cut within an epoch, the completed epochs). Evaluations that decided when to end
        are not repeated, so its history counts fewer passes.
    needs_offset_ : bool
        Whether `fit` was given an offset: `predict` and `score` then need one.
    notes : dict
        Facts of your own that a saved model keeps: None, bools, numbers, strings, lists, tuples,
        and dicts with string keys, 1 MB in all. ``dataclasses.replace(result, notes=...)`` sets it.
    """

    coef_: Array
    intercept_: float
    n_iter_: int
    t_: int
    converged: bool | None
    stop_reason: StopReason
    objective: float
    suboptimality: float | None
    statistical_error: float | None
    choices: dict[str, str]
    history: dict[str, Array]
    mode: str
    variant: str
    loss_: Loss
    optimizer_: Optimizer
    learning_rate_: float | Schedule
    rate_reason: str
    batch_size_: int
    compile_seconds: float
    recipe: dict[str, Any]
    classes_: Array | None = None
    feature_names_in_: Array | None = None
    column_names_: Names = None
    path: Array | None = None
    path_steps: NDArray[np.int64] | None = None
    route_: str = field(default="direct")
    notes: dict[str, Any] = field(default_factory=dict)
    encoding_: Encoding | None = None
    needs_offset_: bool = False

    @property
    def n_features_in_(self) -> int:
        """How many columns the table had."""
        return len(self.coef_) if self.encoding_ is None else len(self.encoding_.columns)

    @property
    def coef_names_(self) -> Array | None:
        """What each coefficient belongs to: a column, or a level of one; None without names."""
        if self.encoding_ is None:
            return self.feature_names_in_
        return np.array(self.encoding_.features, dtype=object)

    def encode(self, X: Any, unknown: str | None = None, missing: str | None = None) -> Encoded:
        """Return rows as the model multiplies them, and say what is unlike the rows fitted.

        `predict` and the other methods take the answer in place of X. Its `unknown` and `missing`
        count the rows, column by column, that hold a level that was not fitted, or no value;
        `remarks` says the same in sentences.

        Parameters
        ----------
        X : array-like or data frame
            With the columns that were fitted, which are found by name; or with the encoded ones.
        unknown, missing : str, optional
            In place of what `fit` was given.

        Examples
        --------
        >>> import fastgd, numpy
        >>> X = numpy.array([[1.0], [2.0], [numpy.nan], [4.0]])
        >>> result = fastgd.fit(X, [1.0, 2.0, 3.0, 4.0], "batch", missing="median")
        >>> rows = result.encode([[numpy.nan], [3.0]])
        >>> rows.remarks["missing"]
        "1 row with missing values, in 'x0' (1): taken as the median"
        >>> result.predict(rows).round(3)
        array([3., 3.])
        """
        if isinstance(X, Encoded):
            return X
        if self.encoding_ is None:
            table, names = check_X(X, min_rows=0)
            check_columns(self, table.shape[1], names)
            return Encoded(table, table.shape[0], names)
        encoding = replace(
            self.encoding_,
            unknown=check_name("unknown", unknown or self.encoding_.unknown, UNKNOWN),
            missing=check_name("missing", missing or self.encoding_.missing, MISSING),
        )
        return apply_rows(X, encoding, fitted_names(self), describe_columns)

    def decision_function(self, X: Any, offset: Any = None) -> NDArray[np.float64]:
        """Return z = X coef + intercept + offset, shape (n_samples,).

        Rows that `missing="drop"` leaves out get NaN.

        Raises
        ------
        ValueError
            If X has other columns, or holds NaN or infinity.
        """
        encoded = self.encode(X)
        table = encoded.table
        z = np.empty(table.shape[0])
        with np.errstate(over="ignore", invalid="ignore"):
            for start, rows in pieces(table):
                z[start : start + len(rows)] = rows @ self.coef_ + self.intercept_
        if not np.isfinite(z).all():
            refuse_non_finite_table(table, encoded.names)
            row = row_in_frame(table, int(np.flatnonzero(~np.isfinite(z))[0]))
            raise ValueError(
                f"Input X contains values so large that the prediction overflows (first in row "
                f"{row})."
            )
        return add_offset(encoded.spread(z), offset, self.needs_offset_)

    def predict(self, X: Any, offset: Any = None) -> Array:
        """Return the predicted target, or label, of each row, shape (n_samples,).

        Rows that `missing="drop"` leaves out get NaN, or None among labels that are no floats.
        """
        return targets_at(self.decision_function(X, offset), self.loss_, self.classes_)

    def predict_proba(self, X: Any, offset: Any = None) -> NDArray[np.float64]:
        """Return the probability of each label, in the order of `classes_`, shape (n_samples, 2).

        Raises
        ------
        AttributeError
            If the loss says nothing about probabilities.
        """
        probability = type(self.loss_).probability
        if probability is None:
            able = [name for name, row in LOSSES.items() if row.probability]
            raise AttributeError(
                f"predict_proba needs one of the losses {able}; this model has {self.loss_.name!r}."
            )
        positive = probability(self.decision_function(X, offset))
        return np.column_stack([1.0 - positive, positive])

    def score(self, X: Any, y: Any, sample_weight: Any = None, offset: Any = None) -> float:
        """Return R^2, the share of variance explained; for labels the share predicted right.

        For losses with a log link, such as `Poisson`, it is D^2, the share of deviance explained.

        Rows that `missing="drop"` leaves out do not count, nor do rows without a target then.
        """
        return score_of(self, X, y, sample_weight, offset)

    def summary(self) -> str:
        """Say in a few lines what ran, what was chosen, how it ended."""
        return summarise(self)

    @property
    def precision(self) -> str:
        """How near the optimum the fit is, in words; "" if that is not known."""
        return say_precision(self)

    def plot(self, **keywords: Any) -> Any:
        """Return Matplotlib Axes with the objective, or the mean loss of the rows, against passes.

        Parameters
        ----------
        **keywords
            As `fastgd.plot.plot_loss` takes them: ``x`` and ``ax``.

        Raises
        ------
        TypeError
            For other keywords.
        ImportError
            If Matplotlib is not installed.
        """
        from fastgd.plot.methods import plot_fit

        return plot_fit(self, keywords)

    def save(self, path: StrPath) -> None:
        """Write the model, all of it, to a file that `fastgd.load` reads.

        A file that is there is replaced, in one go: a reader gets the old one or the new one.
        The file is a zip of JSON and ``.npy`` arrays; the same model makes the same bytes. Lists
        and series in `recipe` are written as arrays.

        Parameters
        ----------
        path : str or path-like

        Raises
        ------
        OSError
            If the file cannot be written.
        TypeError, ValueError
            If the model holds what a file of data does not: a loss or a schedule that is a
            function of your own, labels or notes of other types. Nothing is written then.

        Examples
        --------
        >>> import fastgd
        >>> result = fastgd.fit([[0.0], [1.0]], [1.0, 3.0], "batch")
        >>> result.save("line.fastgd")
        >>> bool((fastgd.load("line.fastgd").coef_ == result.coef_).all())
        True
        """
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        write_archive(path, *pack({**values, "stop_reason": self.stop_reason.name}, COLUMNS))

    def __repr__(self) -> str:
        """Say the essentials in one line."""
        return (
            f"FitResult({self.variant}, {self.loss_.name}, {self.optimizer_.name}, "
            f"{self.n_features_in_} features, {self.n_iter_} epochs, "
            f"objective={self.objective:.6g}: {self.stop_reason})"
        )


def load(path: StrPath) -> FitResult:
    """Return the model that `FitResult.save` wrote to a file.

    It equals the saved one in everything: what it predicts, its history, the recipe that repeats
    the run. Nothing that the file holds is ever run, so that a file from anywhere may be opened.

    Parameters
    ----------
    path : str or path-like

    Returns
    -------
    FitResult

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If the file is no model, is damaged, or was written by a newer fastgd.

    Examples
    --------
    >>> import fastgd
    >>> fastgd.fit([[0.0], [1.0]], [1.0, 3.0], "batch").save("line.fastgd")
    >>> fastgd.load("line.fastgd").predict([[2.0]]).round(3)
    array([5.])
    """
    facts, arrays = read_archive(path)
    with reading(path):
        values = unpack(facts, arrays, COLUMNS)
        name = check_name("stop_reason", values["stop_reason"], StopReason.__members__)
        return FitResult(**{**values, "stop_reason": StopReason[name]})
