"""Every scenario of `tests/golden/scenarios`: the journal that was written first, to the cent, and where it leaves all.

After each one the ledger's invariants are asked: entries balance, and each line's charge is all accounted for.
"""

from pathlib import Path

import pytest

from tests.office import Office
from tests.stories.scenario import FOLDER, Playing, read

BOTH_DATABASES = True
FILES = sorted(FOLDER.glob("*.txt"))


def test_there_are_enough() -> None:
    assert len(FILES) >= 40


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_journal_is_as_it_was_written(path: Path, office: Office) -> None:
    scenario = read(path)
    assert any(step.line == "journal" for step in scenario.steps), "a scenario says what is posted"
    Playing(office).play(scenario)
