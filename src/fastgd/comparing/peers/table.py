"""The table of peers: their names, and the losses that each can minimise."""

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any, NamedTuple

from fastgd.base.validation import did_you_mean, show
from fastgd.comparing.problem import Problem
from fastgd.comparing.trace import Peer


class Known(NamedTuple):
    """A row of the table of peers."""

    run: Peer
    losses: tuple[str, ...]
    module: str  # that it imports, and the package that pip installs it from
    package: str

    @property
    def installed(self) -> bool:
        """Whether it can run here."""
        return find_spec(self.module) is not None


PEERS: dict[str, Known] = {}


def serves(
    name: str, *losses: str, module: str = "numpy", package: str = "numpy"
) -> Callable[[Peer], Peer]:
    """Add a peer to the table under *name*, for these losses."""

    def add(peer: Peer) -> Peer:
        PEERS[name] = Known(peer, losses, module, package)
        return peer

    return add


def read_peers(peers: Any, problem: Problem) -> dict[str, Peer]:
    """Return the peers by name; raise an error if one does not support this objective."""
    if isinstance(peers, str) or not isinstance(peers, Iterable):
        raise TypeError(f"peers must be a list of names or functions; got {show(peers)}.")
    read: dict[str, Peer] = {}
    for peer in peers:
        name = getattr(peer, "__name__", "peer") if callable(peer) else peer
        if isinstance(name, str) and name in read:
            raise ValueError(f"two peers are called {name!r}; give one of them another __name__.")
        if callable(peer):
            read[name] = peer
            continue
        if not (isinstance(peer, str) and peer in PEERS):
            raise ValueError(
                f"a peer must be one of {[*PEERS]} or a function; got {show(peer)}."
                f"{did_you_mean(peer, PEERS) if isinstance(peer, str) else ''}"
            )
        known = PEERS[peer]
        what = "an L1 penalty" if problem.l1 > 0 else f"loss={problem.loss.name!r}"
        if len(problem.source.offset):
            what = "an offset"
        if problem.loss.name not in known.losses or problem.l1 > 0 or len(problem.source.offset):
            raise ValueError(
                f"the peer {peer!r} does not support {what}; it supports {[*known.losses]}."
            )
        if not known.installed:
            raise ImportError(
                f"the peer {peer!r} needs {known.package}: run `pip install {known.package}`."
            )
        read[peer] = known.run
    return read
