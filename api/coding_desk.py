"""The coder's form as it is shown, checked and sent: inputs for the codes, and a field for every other correction."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session

from activities import check_desk
from activities.check_desk import Checked
from activities.desk import Desk
from api import errors
from api.errors import Fault, Problem
from api.office import Office
from billing import coding_form, hospital_corrections
from billing.claim import Claim
from billing.coding_form import Texts
from billing.corrections import CorrectionsInvalid, apply_what_reads, parse_corrections
from billing.edits.registry import Finding
from billing.tasks import KINDS, TaskType
from database import encounters
from database.access import Person
from database.worklists import TaskRow

RESOLUTIONS = {
    TaskType.CODE_REVIEW: "recoded",
    TaskType.CHARGE_REVIEW: "changed",
    TaskType.CLAIM_EDIT_FAILED: "fixed",
}
"""Tasks that are worked at the coder's form, and the way out that it takes"""
CODE_PREFIX = "code."
"""Names of the inputs for codes"""
OTHERS = "value.corrections"
"""The input for what has no input of its own"""
FILLED = "filled"
"""The input that says what the others were filled from (JSON): what is still the same was not typed"""
CHANGED_MEANWHILE = (
    "the claim says something else here now: {now}. What you typed is kept; clear it or send it again to put it there"
)
FILLED_AGAIN = "was changed meanwhile, and says {now} now"
FEWER_LINES = "The claim has fewer lines than when you opened the form."


@dataclass(frozen=True)
class Form:
    """The form as its page shows it."""

    texts: Texts
    """Of the inputs for codes"""
    others: str
    filled: Texts
    """What the inputs were filled from"""
    days: Sequence[str]
    """Of service, line by line"""
    found: dict[str, list[Finding]] = field(default_factory=dict)
    """By the input that each finding stands at"""
    checked: Checked | None = None
    """None: nothing was checked yet"""

    @property
    def lines(self) -> int:
        return coding_form.lines_in(self.texts)

    @property
    def is_hospitals(self) -> bool:
        """An institutional claim's form, which has inputs of its own."""
        return coding_form.BILL in self.texts

    @property
    def places(self) -> int:
        """Inputs for diagnoses."""
        return coding_form.places_in(self.texts)

    @property
    def bill_inputs(self) -> dict[str, str]:
        """Inputs for bill and stay, and what each is called."""
        return hospital_corrections.INPUTS

    @property
    def filled_text(self) -> str:
        return json.dumps(self.filled)


def corrects(task: TaskRow) -> bool:
    """Whether the task may be checked: it is about a visit, and one of its ways out corrects the claim."""
    fields = (one for way in KINDS[task.type].resolutions.values() for one in way.fields)
    return task.subject == "encounter" and any(one.kind == "corrections" for one in fields)


def is_worked_here(task: TaskRow) -> bool:
    """Whether the task has the coder's form as its page."""
    return task.subject == "encounter" and task.state == "open" and task.type in RESOLUTIONS


def start(claim: Claim, task: TaskRow) -> Form:
    """The form as the claim fills it, with what was typed before and not taken."""
    way = next(one for one in task.resolutions if one.name == RESOLUTIONS[task.type])
    draft = next(one.draft for one in way.fields if one.name == "corrections")
    texts, others = coding_form.with_draft(coding_form.texts_of(claim), draft)
    return Form(texts, others, coding_form.texts_of(claim), _days(claim))


def again(claim: Claim, typed: Mapping[str, str], checked: Checked | None = None, *, knows_claim: bool = False) -> Form:
    """The form as somebody typed into it; it stands on the present claim only once they were told of its changes."""
    texts = coding_form.with_empty_line(merged(claim, typed))
    found: dict[str, list[Finding]] = defaultdict(list)
    for one in checked.findings if checked else ():
        found[coding_form.input_of(one.path, texts, one.message)].append(one)
    filled = coding_form.texts_of(claim) if knows_claim else filled_from(claim, typed)
    return Form(texts, typed.get(OTHERS, ""), filled, _days(claim), dict(found), checked)


def _days(claim: Claim) -> list[str]:
    return [str(line.service_date) for line in claim.lines]


def filled_from(claim: Claim, typed: Mapping[str, str]) -> Texts:
    """What the inputs were filled from; the claim as it is, where the form does not say."""
    return _filled(typed) or coding_form.texts_of(claim)


def _filled(typed: Mapping[str, str]) -> Texts:
    try:
        found = json.loads(typed.get(FILLED, ""))
    except (ValueError, RecursionError):
        return {}
    return {name: text for name, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}


def merged(claim: Claim, typed: Mapping[str, str]) -> Texts:
    """The inputs as the claim fills them now, under what was typed into them."""
    texts = coding_form.texts_of(claim) | coding_form.touched(filled_from(claim, typed), code_texts(typed))
    return coding_form.with_every_input(texts)


def code_texts(typed: Mapping[str, str]) -> Texts:
    """The texts of the inputs for codes, by the names that findings have."""
    return {name.removeprefix(CODE_PREFIX): text for name, text in typed.items() if name.startswith(CODE_PREFIX)}


def corrections(claim: Claim, typed: Mapping[str, str]) -> str:
    """What is sent of the form, as the task's own field takes it. Raises Problem 409 and 422, with every fault at its
    input.
    """
    if filled_from(claim, typed) != coding_form.texts_of(claim):
        raise _changed_meanwhile(claim, typed)
    said = coding_form.typed(claim, code_texts(typed))
    text = as_sent(claim, typed)
    if not text and not said.faults:
        message = "Nothing is changed here: change something, or choose another way below."
        raise errors.invalid([Fault(field="body", message=message)])
    try:
        unread = apply_what_reads(claim, parse_corrections(text))[1]
    except CorrectionsInvalid as invalid:
        unread = {"corrections": str(invalid)}
    texts = coding_form.texts_of(claim) | code_texts(typed)
    faults = {_fault_at(path, texts): message for path, message in unread.items()} | said.faults
    if faults:
        raise errors.invalid([Fault(field=name, message=message) for name, message in faults.items()])
    return text


def as_sent(claim: Claim, typed: Mapping[str, str]) -> str:
    """What the form says otherwise than it was filled, whatever became of the claim: the same for the same form."""
    said = coding_form.said(filled_from(claim, typed), code_texts(typed))
    return "\n".join(part for part in (said.text, typed.get(OTHERS, "").strip()) if part)


def _fault_at(path: str, texts: Texts) -> str:
    return path if path in texts or path == "diagnoses" else "corrections"


def _changed_meanwhile(claim: Claim, typed: Mapping[str, str]) -> Problem:
    """Somebody changed the codes while the form was open: what they say now is told at each, and stands in the inputs
    that nobody typed into.
    """
    now, before, texts = coding_form.texts_of(claim), filled_from(claim, typed), merged(claim, typed)
    faults = []
    for path, text in now.items():
        if text != before.get(path, ""):
            message = FILLED_AGAIN if texts[path] == text else CHANGED_MEANWHILE
            faults.append(Fault(field=path, message=message.format(now=text or "nothing")))
    if coding_form.lines_in(now) < coding_form.lines_in(before):
        faults.append(Fault(field="body", message=FEWER_LINES))
    return Problem(
        409,
        "changed-meanwhile",
        "The codes were changed while you were typing",
        "Nothing was sent. Look at the fields below, and send it again when they are as you want them.",
        faults=faults,
    )


def claim_of(session: Session, person: Person, task: TaskRow) -> Claim:
    """The claim that the task is about. Raises Problem 404."""
    row = encounters.find(session, practice_id=person.practice_id, encounter_id=task.subject_id)
    if row is None:
        raise errors.not_found("encounter")
    return encounters.claim_of(row)


def check_text(office: Office, person: Person, task: TaskRow, text: str) -> Checked:
    """What the edits would say with these corrections. Raises Problem 409 and 422; stores nothing."""
    require_checkable(task)
    try:
        wanted = parse_corrections(text)
    except CorrectionsInvalid as invalid:
        raise errors.invalid([Fault(field="values.corrections", message=str(invalid))]) from invalid
    return _check(office, person, task, wanted, {})


def check_form(office: Office, person: Person, task: TaskRow, typed: Mapping[str, str]) -> tuple[Claim, Checked]:
    """(the claim as it is, what the edits would say with the form as it was typed). Stores nothing."""
    require_checkable(task)
    with office.database.reading() as session:
        claim = claim_of(session, person, task)
    said = coding_form.typed(claim, merged(claim, typed))
    unread = dict(said.faults)
    try:
        others = parse_corrections(typed.get(OTHERS, ""))
    except CorrectionsInvalid as invalid:
        others, unread = {}, unread | {f"corrections, {path}": fault for path, fault in invalid.faults.items()}
    return claim, _check(office, person, task, said.corrections | others, unread)


def require_checkable(task: TaskRow) -> None:
    """Raise Problem 409 for a task that corrects no claim, or is over."""
    if task.state != "open":
        raise errors.task_over(task.resolution)
    if not corrects(task):
        raise Problem(409, "nothing-to-check", "This task corrects no claim", "Edits have nothing to look at.")


def _check(
    office: Office, person: Person, task: TaskRow, wanted: Mapping[str, str], unread: Mapping[str, str]
) -> Checked:
    with office.database.reading() as session:
        row = encounters.find(session, practice_id=person.practice_id, encounter_id=task.subject_id)
        if row is None:
            raise errors.not_found("encounter")
        return check_desk.check(Desk(session, row, office.now()), wanted, unread)
