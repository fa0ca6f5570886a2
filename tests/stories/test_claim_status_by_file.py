"""A payer reached by files is asked by a file (276), and answers with the mail (277), or a person asks."""

from pathlib import Path

from database.tables import StatusInquiry
from interchange.x12 import claim_status_276
from tests.builders import a_277, a_status
from tests.office import Office
from tests.stories.test_claim_status import ALARM, asked, only_task, sent

BOTH_DATABASES = True


def by_files(office: Office, folder: Path, *, is_there: bool = True) -> Path:
    """The partner takes files from a folder; gives where they are left."""
    for name in ("out", "in"):
        if is_there:
            (folder / name).mkdir()
    office.policy("status_inquiry", 2)
    office.reach(reached_by="folder", outbox=str(folder / "out"), inbox=str(folder / "in"))
    return folder / "out"


def silent(office: Office) -> tuple[str, str]:
    """A claim of which nothing is heard in time."""
    encounter, number = sent(office)
    office.let_pass(days=ALARM)
    return encounter, number


def question(office: Office, number: str) -> StatusInquiry:
    [row] = asked(office, number)
    return row


def test_the_question_is_left_once_and_its_answer_comes_with_the_mail(office: Office, tmp_path: Path) -> None:
    encounter, number = silent(office)
    outbox = by_files(office, tmp_path)
    for _ in range(2):
        office.go_on(encounter)
    [file] = [one for one in outbox.iterdir() if one.is_file()]
    row = question(office, number)
    assert (row.state, row.sent_at, file.read_bytes()) == ("waiting", office.now, row.body)
    assert (file.name.startswith("276_"), office.open_task_types(encounter)) == (True, [])
    assert "The question was sent as a file; the answer comes with the mail" in office.story(encounter)
    [read] = claim_status_276.read(file.read_bytes())
    assert read.request is not None
    office.deliver(a_277(a_status(read.request.inquiries[0], "P1")))
    office.go_on(encounter)
    assert (question(office, number).state, office.open_task_types(encounter)) == ("answered", [])


def test_without_an_answer_a_person_asks(office: Office, tmp_path: Path) -> None:
    encounter, number = silent(office)
    outbox = by_files(office, tmp_path)
    office.go_on(encounter)
    office.let_pass(days=6)
    office.go_on(encounter)
    assert "no 277 has come with the mail since" in only_task(office, encounter).reason
    assert (question(office, number).state, len(list(outbox.glob("276_*")))) == ("failed", 1)


def test_a_folder_that_is_away_is_tried_again(office: Office, tmp_path: Path) -> None:
    encounter, number = silent(office)
    by_files(office, tmp_path, is_there=False)
    office.go_on(encounter)
    assert (question(office, number).sent_at, question(office, number).tries) == (None, 1)
    outbox = by_files(office, tmp_path)
    office.let_pass(hours=2)
    office.go_on(encounter)
    assert (question(office, number).sent_at, len(list(outbox.glob("276_*")))) == (office.now, 1)
