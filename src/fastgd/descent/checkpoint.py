"""Checkpoints: the plan and the state of a run in a file, from which another process goes on.

With the rows, that is all a run consists of. Threads, buffers, kernels and open files are made
again; a loss, an optimizer or a schedule of the user's is a function, which no file holds.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from fastgd.base.files import StrPath
from fastgd.data.orders import Injected, Order, Shuffled, WithReplacement
from fastgd.descent.state import Evaluated, Progress, Records, Refinement, Safeguard, State
from fastgd.gradients.gram import Gram, Reference
from fastgd.losses.smoothing import SmoothedError, SmoothedHinge
from fastgd.planning.objective import Objective
from fastgd.planning.pilot.coordinates import Coordinates
from fastgd.planning.pilot.hessian import Hessian
from fastgd.planning.pilot.optimum import Optimum
from fastgd.planning.plan import Plan
from fastgd.planning.stopping import Stopping
from fastgd.saving.archive import read_archive, reading, write_archive
from fastgd.saving.facts import Arrays
from fastgd.saving.objects import decode_object, encode_object, table_of
from fastgd.schedules import Memory

CLASSES = table_of(
    *(Plan, Objective, Stopping, Coordinates, Optimum, Hessian, Gram),
    *(SmoothedError, SmoothedHinge),
    *(Order, Injected, WithReplacement, Shuffled),
    *(State, Memory, Progress, Safeguard, Evaluated, Refinement, Reference, Records),
)


def write_checkpoint(path: StrPath, plan: Plan, state: State) -> None:
    """Write where a run stands; a file that is there is replaced at the end.

    Raises
    ------
    OSError
        If the file cannot be written.
    TypeError, ValueError
        If the plan holds a function of the user's.
    """
    arrays: Arrays = {}
    records = state.records
    values = {
        "plan": plan,
        "state": replace(state, records=Records()),
        "rows": np.array(records.rows, np.float64),
        "points": np.array(records.points, np.float64),
        "point_steps": np.array(records.point_steps, np.int64),
        "recorded": records.recorded,
        "next_batch_step": records.next_batch_step,
    }
    facts = {name: encode_object(value, name, arrays, CLASSES) for name, value in values.items()}
    write_archive(path, facts, arrays)


def read_checkpoint(path: StrPath) -> tuple[Plan, State]:
    """Return the plan and the state that `write_checkpoint` wrote.

    Raises
    ------
    OSError
        If the file cannot be opened.
    ValueError
        If it is damaged, or no checkpoint.
    """
    facts, arrays = read_archive(path)
    with reading(path):
        values: dict[str, Any] = {
            name: decode_object(fact, arrays, CLASSES) for name, fact in facts.items()
        }
        plan, state = values["plan"], values["state"]
        if not isinstance(plan, Plan) or not isinstance(state, State):
            raise ValueError("it holds no plan and state")
        if plan.coordinates is None:  # one array, by two names
            state.point = state.coef
        state.records = Records(
            rows=[*map(tuple, values["rows"].tolist())],
            points=[*values["points"]],
            point_steps=values["point_steps"].tolist(),
            recorded=values["recorded"],
            next_batch_step=values["next_batch_step"],
        )
    return plan, state
