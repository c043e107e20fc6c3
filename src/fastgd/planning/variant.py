"""Which variant a self-tuned fit takes if it is left open."""

from dataclasses import replace

import numpy as np

from fastgd.losses import Loss
from fastgd.planning.preconditioning import MAX_PRECONDITIONED
from fastgd.planning.request import Request
from fastgd.planning.route import gram_pays
from fastgd.planning.stopping import SMALL


def with_variant(request: Request, n: int, d: int) -> tuple[Request, str]:
    """Return the request with its variant chosen, and why; "" if it was given."""
    if request.variant != "auto":
        return request, ""
    if isinstance(request.shuffle, np.ndarray) or request.batch_size is not None:
        return replace(request, variant="minibatch"), "the order or the batch size is given"
    variant, reason = best_variant(request.loss, request.has_l1, n, d)
    return replace(request, variant=variant), reason


def best_variant(loss: Loss, has_l1: bool, n: int, d: int) -> tuple[str, str]:
    """Return the variant that suits a self-tuned fit of so many rows and columns, and why."""
    if not loss.smooth:
        return "minibatch", "if the loss has kinks, many small steps beat a few exact ones"
    if has_l1 and gram_pays(loss, n, d):
        return "batch", "X'X costs some passes, once; then steps are nearly free, and exact"
    if n * d < SMALL and not has_l1:
        return "batch", "so few values are read so fast that the exact optimum costs nothing"
    if has_l1 or d > MAX_PRECONDITIONED:
        return "minibatch", "steps of all rows would be many, since no Hessian is inverted here"
    return "minibatch", "statistical precision after a pass or two; more would fit noise"
