"""Paper remittances: a cheque and its EOB, typed in line by line, posted as every remittance is."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field, ValidationError
from sqlmodel import Session

from activities import paper as papers
from api import actions, auth, errors
from api.actions import Done
from api.auth import require
from api.claim_form import Amount, Part
from api.errors import Fault, Problem
from api.idempotency import IdempotencyKey
from api.office import Office, TheOffice
from api.routers.pages import NOTES, Failed, answer, show, typed_into
from billing import paper_remittance
from billing.claim import Claim
from billing.money import Cents
from billing.paper_remittance import PaperClaim, PaperLine, PaperRemittance
from billing.remittance import Adjustment
from billing.roles import Permission
from database import aged_cash, remittances
from database.access import Person

api = APIRouter(prefix="/api/v1/remittances", tags=["remittances"])
pages = APIRouter(prefix="/paper-remittance", include_in_schema=False)

Poster = Annotated[Person, require(Permission.POST_REMITTANCE)]
ControlNumber = Annotated[str, Field(pattern="^[A-Za-z0-9]{4,20}$")]

ENTERED_BEFORE = (
    "Nothing was posted: this cheque was entered before. Where it says something else now, a task asks a poster."
)

COLUMNS = (
    ("paid", "Paid", None),
    ("contractual", "Contract (CO-45)", ("CO", "45")),
    ("deductible", "Deductible (PR-1)", ("PR", "1")),
    ("coinsurance", "Coinsurance (PR-2)", ("PR", "2")),
    ("copayment", "Copayment (PR-3)", ("PR", "3")),
    ("other", "Other amount", None),
)
"""Columns of the page's grid: name, label, and the adjustment that an amount in it is"""


FIELDS = {
    "check_number": "cheque number",
    "paid_on": "dated",
    "amount": "amount of the cheque",
    "claims": "the claims",
    "lines": "its lines",
    "code": "its code",
    "remarks": "remarks",
    "control_number": "control number",
    "payer_claim_number": "the payer's claim number",
}
"""What the page calls the fields that are no column"""


class AdjustmentForm(Part):
    """One adjustment as the paper names it."""

    group: Annotated[str, Field(pattern="^(CO|PR|OA|PI)$")]
    reason: Annotated[str, Field(pattern="^[A-Za-z0-9]{1,5}$")]
    amount: Amount


class LineForm(Part):
    """One service line, in the order of the claim."""

    paid: Amount
    adjustments: Annotated[list[AdjustmentForm], Field(max_length=20)] = []
    remarks: Annotated[list[Annotated[str, Field(pattern="^[A-Za-z0-9]{2,6}$")]], Field(max_length=10)] = []


class ClaimForm(Part):
    """One claim of the paper."""

    control_number: ControlNumber
    payer_claim_number: Annotated[str, Field(max_length=50)] | None = None
    lines: Annotated[list[LineForm], Field(min_length=1, max_length=50)]


class PaperForm(Part):
    """One cheque with its explanation of benefits; an amount of 0.00 is a paper without money."""

    check_number: Annotated[str, Field(min_length=1, max_length=30, pattern="^[A-Za-z0-9 -]+$")]
    paid_on: date
    amount: Amount
    claims: Annotated[list[ClaimForm], Field(min_length=1, max_length=100)]

    def paper(self) -> PaperRemittance:
        """As billing's noun."""
        return PaperRemittance(
            self.check_number,
            self.paid_on,
            Cents(self.amount),
            tuple(
                PaperClaim(
                    one.control_number.upper(),
                    tuple(
                        PaperLine(
                            Cents(line.paid),
                            tuple(
                                Adjustment(adjusted.group, adjusted.reason.upper(), Cents(adjusted.amount))
                                for adjusted in line.adjustments
                                if adjusted.amount
                            ),
                            tuple(remark.upper() for remark in line.remarks),
                        )
                        for line in one.lines
                    ),
                    one.payer_claim_number or None,
                )
                for one in self.claims
            ),
        )


@api.post("/paper", status_code=201)
def enter_paper(form: PaperForm, key: IdempotencyKey, office: TheOffice, person: Poster) -> dict[str, Any]:
    """Enter a paper remittance. 422 names every fault; the same cheque with other content becomes a task."""
    return _enter(office, person, form, key=key).body


class TakeBackForm(Part):
    """Why what was typed is not so."""

    reason: Annotated[str, Field(min_length=1, max_length=200)]


@api.post("/{remittance_id}/take-back", status_code=201)
def take_back(
    remittance_id: str, form: TakeBackForm, key: IdempotencyKey, office: TheOffice, person: Poster
) -> dict[str, Any]:
    """Undo a paper remittance that was mistyped; then it may be typed in again. 409 when it cannot be undone."""
    return take_back_paper(office, person, remittance_id, form, key=key).body


def take_back_paper(office: Office, person: Person, remittance_id: str, form: TakeBackForm, *, key: str) -> Done:
    """The command behind the call and the page. Raises Problem 404 and 409."""

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        file = remittances.find(session, practice_id=person.practice_id, remittance_id=remittance_id)
        if file is None:
            raise errors.not_found("remittance")
        try:
            made = papers.take_back(session, file, at=office.now(), today=office.today(person))
        except papers.NotToBeTakenBack as error:
            raise Problem(409, "not-to-be-taken-back", "It cannot be taken back", f"{error}.") from error
        actions.audited(
            session,
            office,
            person,
            action="take_back",
            subject="remittance",
            subject_id=remittance_id,
            reason=form.reason,
        )
        return made.id, {"remittance_id": made.id}

    return actions.kept_once(office, person, "take_back_paper", remittance_id, form, effect, key=key)


@pages.get("")
def show_form(
    request: Request,
    office: TheOffice,
    person: Poster,
    claims: Annotated[str, Query(max_length=2000)] = "",
    before: bool = False,
    note: str = "",
) -> Response:
    """Name the claims on the paper, then type in what it says of each line."""
    words = ENTERED_BEFORE if before else NOTES.get(note, "")
    return _page(request, office, person, _numbers(claims), Failed(), note=words)


@pages.post("")
async def post_form(request: Request, office: TheOffice, person: Poster) -> Response:
    """The filled-in grid."""
    typed = await typed_into(request)
    numbers = _numbers(typed.get("claims", ""))

    async def act() -> Done:
        grid = await run_in_threadpool(_grid, office, person, numbers)
        form = _form_of(typed, grid)
        return await run_in_threadpool(_enter, office, person, form, key=typed["key"])

    def page(failed: Failed) -> Response:
        return _page(request, office, person, numbers, failed)

    def home(done: Done) -> str:
        posted = done.body["remittance_id"]
        return f"/remittances/{posted}" if posted else "/paper-remittance?before=1&"

    return await answer(act, "paper", typed, home, page)


def _numbers(text: str) -> list[str]:
    return list(dict.fromkeys(text.replace(",", " ").upper().split()))[:20]


def _grid(office: Office, person: Person, numbers: list[str]) -> dict[str, Claim]:
    wanted = PaperRemittance("", office.today(person), Cents(0), tuple(PaperClaim(number, ()) for number in numbers))
    with office.database.reading() as session:
        return papers.sent_claims(session, wanted, practice_id=person.practice_id)


def _page(
    request: Request, office: Office, person: Person, numbers: list[str], failed: Failed, note: str = ""
) -> Response:
    grid = _grid(office, person, numbers)
    claims = list(grid.items())
    for number in grid:
        auth.seen(request, person, subject="claim", subject_id=number)
    return show(
        request,
        "paper_remittance.html",
        person,
        status=failed.status,
        claims=claims,
        found=[(_in_words(name, claims), text) for name, text in failed.faults.items()] if claims else [],
        unknown=[number for number in numbers if number not in grid],
        numbers=" ".join(grid),
        columns=COLUMNS,
        failed=failed,
        keys=failed.key_for,
        note=note,
        now=office.today(person),
    )


def _form_of(typed: dict[str, str], grid: dict[str, Claim]) -> PaperForm:
    """The grid's texts as the call's own model. Raises Problem 422 with each fault at its cell."""
    claims = []
    for index, (number, claim) in enumerate(grid.items()):
        lines = [_line_of(typed, f"claims.{index}.lines.{at}") for at in range(len(claim.lines))]
        payer_number = typed.get(f"claims.{index}.payer_claim_number", "").strip() or None
        claims.append({"control_number": number, "payer_claim_number": payer_number, "lines": lines})
    values = {name: typed.get(name, "").strip() for name in ("check_number", "paid_on", "amount")}
    try:
        return PaperForm.model_validate({**values, "claims": claims})
    except ValidationError as error:
        found = [_at_its_cell(fault, typed) for fault in errors.validation_faults(error.errors())]
        raise errors.invalid(found) from error


def _at_its_cell(fault: Fault, typed: dict[str, str]) -> Fault:
    """The place in the call's model as the cell of the grid that it came from, in the paper's words."""
    row, inside, path = fault.field.partition(".adjustments.")
    if not inside:
        return Fault(field=re.sub(r"\.remarks\.\d+$", ".remarks", fault.field), message=fault.message)
    place, _, part = path.partition(".")
    column = [*_filled(typed, row), "other"][int(place)]
    if part == "amount":
        return Fault(field=f"{row}.{column}", message=fault.message)
    code = typed.get(f"{row}.code", "").strip()
    message = fault.message if "-" in code else "write group and reason with a dash, such as CO-50 or PR-2"
    return Fault(field=f"{row}.code", message=message)


def _in_words(name: str, claims: list[tuple[str, Claim]]) -> str:
    """`claims.0.lines.1.code` -> `claim Z1, line 2 (99213), its code`."""
    parts = name.split(".")
    if parts[0] != "claims" or len(parts) == 1:
        return FIELDS.get(name, name.replace("_", " "))
    number, claim = claims[int(parts[1])]
    if parts[2:3] != ["lines"] or len(parts) < 4:
        return f"claim {number}, {FIELDS.get(parts[-1], parts[-1].replace('_', ' '))}"
    line = int(parts[3])
    column = {one: label for one, label, _ in COLUMNS} | FIELDS
    return f"claim {number}, line {line + 1} ({claim.lines[line].procedure}), {column.get(parts[-1], parts[-1])}"


def _filled(typed: dict[str, str], row: str) -> list[str]:
    """Columns of a row that became adjustments, in their order; the other amount comes last."""
    return [name for name, _, code in COLUMNS if code and typed.get(f"{row}.{name}", "").strip()]


def _line_of(typed: dict[str, str], where: str) -> dict[str, Any]:
    def cell(name: str) -> str:
        return typed.get(f"{where}.{name}", "").strip()

    codes = {name: code for name, _, code in COLUMNS if code}
    adjustments = [
        {"group": codes[name][0], "reason": codes[name][1], "amount": cell(name)} for name in _filled(typed, where)
    ]
    group, _, reason = cell("code").upper().partition("-")
    if cell("other") or cell("code"):
        adjustments.append({"group": group, "reason": reason, "amount": cell("other") or "0.00"})
    return {"paid": cell("paid") or "0.00", "adjustments": adjustments, "remarks": cell("remarks").split()}


def refuse_while_older_waits(session: Session, office: Office, person: Person, came_at: datetime) -> None:
    """Raise Problem 409 for money that came then, while older money waits too long."""
    why = aged_cash.why_locked(session, practice_id=person.practice_id, came_at=came_at, at=office.now())
    if why is not None:
        raise Problem(409, "aged-cash", "Older money is to be put away first", f"{why[0].upper()}{why[1:]}.")


def _enter(office: Office, person: Person, form: PaperForm, *, key: str) -> Done:
    paper = form.paper()

    def effect(session: Session) -> tuple[str, dict[str, Any]]:
        refuse_while_older_waits(session, office, person, office.now())
        sent = papers.sent_claims(session, paper, practice_id=person.practice_id)
        answered = papers.answered_otherwise(session, paper, practice_id=person.practice_id)
        found = paper_remittance.faults(paper, sent, today=office.today(person), answered=answered)
        if found:
            raise errors.invalid([Fault(field=one.field, message=one.message) for one in found])
        note, remittance = papers.take_in(session, paper, sent, practice_id=person.practice_id, at=office.now())
        actions.audited(
            session,
            office,
            person,
            action="create",
            subject="remittance",
            subject_id=remittance.id if remittance else "",
            reason="typed in from paper",
        )
        return (remittance.id if remittance else key[:20]), {
            "remittance_id": remittance.id if remittance else None,
            "note": note,
        }

    return actions.kept_once(office, person, "enter_paper", "", form, effect, key=key)
