"""The table of faults of `benchmarks.mutants`: its snippets are still there, each exactly once."""

from pathlib import Path

import pytest

from benchmarks import mutants

TESTS = Path(__file__).parent
FAULTS = mutants.read_table()
FEWEST, ROOMS = 60, 40


@pytest.mark.parametrize("room", sorted({fault.room for fault in FAULTS}))
def test_every_snippet_is_found_once(room: str) -> None:
    lost = [fault for fault in FAULTS if fault.room == room and not fault.is_found]
    assert [(fault.file, fault.old) for fault in lost] == []


def test_every_fault_is_a_fault_with_tests_of_its_room() -> None:
    for fault in FAULTS:
        assert fault.old != fault.new
        assert fault.harm
        for name in fault.tests.split():
            assert (TESTS.parent / name.partition("::")[0]).is_file(), name
    assert len({(fault.file, fault.old, fault.new) for fault in FAULTS}) == len(FAULTS)


def test_there_are_faults_in_every_room() -> None:
    real = [fault for fault in FAULTS if not fault.equivalent]
    assert len(real) >= FEWEST
    assert len({fault.room for fault in real}) >= ROOMS
