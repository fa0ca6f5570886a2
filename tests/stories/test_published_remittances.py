"""Published 835 files against visits that were billed as they say: what each does was written first, and is met.

Each is delivered again, as it was and in another envelope with other separators: nothing more is posted.
"""

from pathlib import Path

import pytest

from tests.office import Office
from tests.stories.scenario import GOLDEN, OUTCOMES, Playing, Step, read

FILES = sorted(OUTCOMES.glob("*.txt"))
PUBLISHED = sorted(
    path
    for folder in ("x221a1", "broken", "malformed")
    for path in (GOLDEN / folder).iterdir()
    if b"005010X221A1" in path.read_bytes()
)


def test_every_published_file_has_an_outcome() -> None:
    named = {step.line.split()[1] for path in FILES for step in read(path).steps if step.line.startswith("file ")}
    assert named == {f"{path.parent.name}/{path.name}" for path in PUBLISHED}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_does_what_was_written(path: Path, office: Office) -> None:
    office.policy("strict_npi_check_digit", 0)
    office.policy("filing_limit_days", 3650)
    playing, scenario = Playing(office), read(path)
    playing.play(scenario)
    [name] = [step.line.split()[1] for step in scenario.steps if step.line.startswith("file ")]
    for again in (name, f"{name} in another envelope"):
        playing.play_one(Step(f"file {again}", (), 0))
        playing.play_one(Step("journal", ("nothing",), 0))
