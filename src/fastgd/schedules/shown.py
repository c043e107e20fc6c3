"""What a result shows of its learning rate."""

from typing import Any

from fastgd.schedules.constant import Constant
from fastgd.schedules.from_callable import FromCallable
from fastgd.schedules.schedule import Schedule


def shown_rate(rates: Any) -> Any:
    """Return what a result shows: the number if the rate was constant, a user's own schedule."""
    if isinstance(rates, FromCallable) and isinstance(rates.function, Schedule):
        return rates.function
    return rates.eta0 if isinstance(rates, Constant) else rates
