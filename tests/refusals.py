"""What must hold of every refusal: one sentence, no compiler in sight, at once, nothing changed."""

import pickle
import time
import traceback
from pathlib import Path

import pytest

SECONDS = 1.0  # compiling aside
ATTEMPTS = 3  # the first may compile, and the machine may be shared
COMPILER = {"numba", "llvmlite"}
NOISE = ("numba", "llvm", "nopython", "site-packages", " at 0x", "np.float", "np.str_")


def refused(kind, ask, *inputs):
    """Return the sentence with which *ask* is refused; *inputs* must stay as they were."""
    before = [frozen(value) for value in inputs]
    error, seconds = attempt(kind, ask)
    assert [frozen(value) for value in inputs] == before
    assert seconds < SECONDS
    sentence = str(error)
    assert type(error) is kind
    assert "\n" not in sentence and sentence[-1] in ".?" and len(sentence) < 500
    assert not [word for word in NOISE if word in sentence.lower()]
    assert not [frame for frame in shown_frames(error) if COMPILER & set(Path(frame).parts)]
    return sentence


def attempt(kind, ask):
    for _ in range(ATTEMPTS):
        began = time.perf_counter()
        with pytest.raises(kind) as caught:
            ask()
        seconds = time.perf_counter() - began
        if seconds < SECONDS:
            break
    return caught.value, seconds


def shown_frames(error):
    """The files of all frames that a traceback on the screen would name."""
    while error is not None:
        yield from (frame.filename for frame in traceback.extract_tb(error.__traceback__))
        context = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or context


def frozen(value):
    """The bytes of an input; of what has none (a function, a generator), nothing."""
    if hasattr(value, "iloc"):  # pandas pickles what it caches, too
        value = value.to_numpy(dtype=object), [*getattr(value, "columns", ())]
    try:
        return pickle.dumps(value)
    except (TypeError, AttributeError, pickle.PicklingError):
        return None
