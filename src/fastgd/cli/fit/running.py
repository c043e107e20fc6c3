"""From a job to its report: read the data, fit, save the model."""

import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import fastgd
from fastgd.base.quantities import write_count
from fastgd.cli.fit.job import Job
from fastgd.cli.fit.report import Report, measure
from fastgd.cli.origins import Data
from fastgd.cli.progress import Watch
from fastgd.cli.standardizing import Scaling, standardize
from fastgd.descent.driver import end_request

MAX_SCALES = 10_000  # kept in a model's notes, whose size is bounded


def perform(job: Job, watch: Watch) -> Report:
    """Run the job and return its report."""
    watch.doing = job.origin.doing
    began = time.perf_counter()
    opened = job.origin.open()
    opening = time.perf_counter() - began
    compile_seconds = job.rehearse().compile_seconds
    began = time.perf_counter()
    data = job.origin.load(opened)
    del opened  # a table beside X
    scaling = None
    if job.standardize:
        data.X, scaling = standardize(data.X)
    loading = opening + time.perf_counter() - began
    watch.doing, watch.keeps = "fitting", job.out is not None
    watch.most = "at most " if job.may_end_early else ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", UserWarning)
        fitted = fit(job, data, watch)  # to the scaled columns
    result = finish(fitted, data, scaling)
    problem = keep(job.out, result, watch)
    watch.doing = "scoring"
    return Report(
        job,
        n_rows=len(data.X),
        dtype=str(data.X.dtype),
        seconds=loading,
        result=result,
        compile_seconds=compile_seconds + fitted.compile_seconds,
        quality=measure(fitted, data, with_truth=scaling is None),
        remarks=[*data.remarks, *remark_scaling(job)],
        warnings=[str(warning.message) for warning in caught],
        code=job.code(data, has_constant=scaling is not None and scaling.has_constant),
        read=data.read,
        problem=problem,
    )


def keep(out: Path | None, result: fastgd.FitResult, watch: Watch) -> Exception | None:
    """Save the model, unless it diverged or an interrupt left it without an epoch.

    Returns the error that prevented it, to be raised when the rest has been shown.
    """
    if out is None:
        return None
    if result.stop_reason is fastgd.StopReason.DIVERGED:
        watch.kept = "the fit diverged, and nothing was saved"
    elif result.stop_reason is fastgd.StopReason.INTERRUPTED and result.n_iter_ == 0:
        watch.kept = "no epoch was complete, and nothing was saved"
    else:
        try:
            result.save(out)
        except (OSError, TypeError, ValueError) as error:
            return error
        epochs = write_count(result.n_iter_, "epoch")
        watch.kept = f"the model after {epochs} is in {out}"
    return None


def fit(job: Job, data: Data, watch: Watch) -> fastgd.FitResult:
    """Fit the data, which may be scaled."""
    beside: dict[str, Any] = {"sample_weight": data.weights}
    if data.offset is not None:
        beside["offset"] = data.offset
    end_request.set(watch.end)
    return fastgd.fit(data.X, data.y, **beside, **job.fit, callback=watch.epoch)


def finish(result: fastgd.FitResult, data: Data, scaling: Scaling | None) -> fastgd.FitResult:
    """Return *result* in the scale of the original data, with the notes that `predict` needs."""
    notes = {**data.notes, "standardized": scaling is not None}
    # As many numbers as there are rows: no model should carry them.
    if data.weights is not None:
        result = replace(result, recipe=result.recipe | {"sample_weight": None})
    if data.offset is not None:
        result = replace(result, recipe=result.recipe | {"offset": None})
    if scaling is not None:
        result = scaling.inverse_transform(result)
        if len(scaling.scale) <= MAX_SCALES:
            notes["scale"] = [0.0 if np.isinf(scale) else float(scale) for scale in scaling.scale]
    if data.names is not None:
        result = replace(result, feature_names_in_=np.array(data.names, dtype=object))
    if data.encoding is not None:
        names = np.array([column.name for column in data.encoding.columns], dtype=object)
        result = replace(result, feature_names_in_=names, encoding_=data.encoding)
    if data.labels:
        result = replace(result, classes_=np.array(data.labels))
    return replace(result, notes=notes)


def remark_scaling(job: Job) -> list[str]:
    """Return a remark about the penalty if the columns were scaled."""
    if not (job.standardize and job.fit.get("alpha")):
        return []
    return ["the penalty and the objective are those of the scaled columns"]
