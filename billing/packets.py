"""What goes to a payer with a letter: the enclosures that there are, those usually sent, and each as a readable sheet.

An excerpt of a remittance holds the one claim and no other patient's; nothing is enclosed that nobody chose.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from billing.attachments import FileKind
from billing.claim import Claim
from billing.contracts import NO_CONTRACT
from billing.denial_codes import REASON_CODES, REMARK_WORDS, Category
from billing.letters import Fact, Letter, full_name, service_days
from billing.money import format_dollars
from billing.paper_claims import PaperClaim
from billing.remittance import Adjustment, ClaimPayment, LinePayment


class EnclosureKind(StrEnum):
    """What an enclosure is of."""

    CLAIM = "claim"
    REMITTANCE = "remittance"
    PROOF_OF_FILING = "proof_of_filing"
    NOTE = "note"
    AUTHORIZATION = "authorization"
    CONTRACT = "contract"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Enclosure:
    """One thing that may be enclosed."""

    key: str
    """Kind and id, such as note:4x0..."""
    kind: EnclosureKind
    title: str
    is_usual: bool
    """Chosen unless a person says otherwise"""
    apart: str = ""
    """Why it cannot be part of the PDF and goes beside it; empty: it can"""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads, with what they are."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One enclosure as it is printed."""

    title: str
    facts: tuple[Fact, ...] = ()
    paragraphs: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


CLINICAL = frozenset(
    {
        Category.MEDICAL_NECESSITY,
        Category.DOCUMENTATION,
        Category.CODING,
        Category.BUNDLING,
        Category.AUTHORIZATION,
        Category.INFORMATION,
        Category.DUPLICATE,
    }
)
"""Refusals that what the provider wrote answers"""
_ALWAYS = frozenset({EnclosureKind.CLAIM, EnclosureKind.REMITTANCE})
_FOR: dict[EnclosureKind, frozenset[Category]] = {
    EnclosureKind.PROOF_OF_FILING: frozenset({Category.TIMELY_FILING}),
    EnclosureKind.NOTE: CLINICAL,
    EnclosureKind.FILE: CLINICAL,
    EnclosureKind.AUTHORIZATION: frozenset({Category.AUTHORIZATION}),
    EnclosureKind.CONTRACT: frozenset({Category.CONTRACT}),
}


def is_usual(kind: EnclosureKind, categories: Iterable[Category], *, file: FileKind | None = None) -> bool:
    """Whether it is usually sent about refusals of these categories. Of files only medical records are: what else is
    on a visit is no payer's business unless a person says so."""
    if kind in _ALWAYS:
        return True
    if kind == EnclosureKind.FILE and file != FileKind.RECORD:
        return False
    return not _FOR[kind].isdisjoint(categories)


def categories_of(reasons: Iterable[str]) -> frozenset[Category]:
    """What kinds of matter these CARCs are."""
    known = (REASON_CODES.get(one) for one in reasons)
    return frozenset(one.category if one else Category.INFORMATION for one in known)


# The sheets -------------------------------------------------------------------------------------------------------


def sheet_of_letter(letter: Letter) -> Sheet:
    """A document of the office's as an enclosure."""
    return Sheet(letter.title, letter.facts, letter.paragraphs, letter.items)


def claim_sheet(claim: Claim, paper: PaperClaim, *, sent_on: date | None, payer_claim_number: str | None) -> Sheet:
    """The claim as it was sent, by the boxes of the CMS-1500, which every payer's clerk knows."""
    tables = []
    for form in paper.forms:
        of = f", sheet {form.page} of {form.pages}" if form.pages > 1 else ""
        tables.append(
            Table(
                f"Boxes of the CMS-1500{of}",
                ("Box", "About", "Data"),
                tuple((b.number, b.about, b.value) for b in form.boxes),
            )
        )
        lines = tuple(
            (
                one.service_from,
                one.service_to,
                one.place_of_service,
                " ".join((one.procedure, *one.modifiers)),
                one.pointers,
                one.charge,
                one.units,
                one.rendering_npi,
            )
            for one in form.lines
        )
        heads = ("From", "To", "Place", "Service", "Diagnoses", "Charge", "Units", "Rendering NPI")
        tables.append(Table(f"Service lines (box 24){of}", heads, lines))
    facts = (
        Fact("Our control number", claim.control_number),
        Fact("Your claim number", payer_claim_number or "not known"),
        Fact("Sent on", f"{sent_on:%m/%d/%Y}" if sent_on else "not sent"),
        Fact("Frequency", claim.frequency),
    )
    return Sheet("Claim as it was sent", facts, tables=tuple(tables))


def remittance_sheet(payment: ClaimPayment, *, payer: str, trace: str, paid_on: date) -> Sheet:
    """What one remittance says of one claim."""
    name = payment.patient_name
    facts = (
        Fact("Payer", payer),
        Fact("Check or transfer", trace),
        Fact("Of", f"{paid_on:%m/%d/%Y}"),
        Fact("Patient", " ".join(part for part in (name.first, name.last) if part) if name else "not named"),
        Fact("Our control number", payment.control_number),
        Fact("Your claim number", payment.payer_claim_number or "not named"),
        Fact("Claim status (CLP02)", payment.status),
        Fact("Charge", format_dollars(payment.charge_cents)),
        Fact("Paid", format_dollars(payment.paid_cents)),
    )
    tables = [
        Table(
            "Service lines",
            ("Service", "Date", "Charge", "Paid", "Adjustments", "Remarks"),
            tuple(_line_cells(one) for one in payment.lines),
        )
    ]
    codes = [*payment.all_adjustments()]
    tables.append(Table("Codes in our words", ("Code", "What we read in it"), _code_rows(codes, _remarks(payment))))
    claim_level = tuple(_adjusted(one) for one in payment.adjustments)
    claim_level += payment.remarks
    said = (f"On the claim as a whole: {'; '.join(claim_level)}.",) if claim_level else ()
    return Sheet("Remittance advice, this claim only", facts, said, tables=tuple(one for one in tables if one.rows))


def _line_cells(line: LinePayment) -> tuple[str, ...]:
    return (
        "-".join((line.procedure, *line.modifiers)),
        f"{line.service_date:%m/%d/%Y}" if line.service_date else "",
        format_dollars(line.charge_cents),
        format_dollars(line.paid_cents),
        "; ".join(_adjusted(one) for one in line.adjustments),
        ", ".join(line.remarks),
    )


def _adjusted(one: Adjustment) -> str:
    return f"{one.group}-{one.reason} {format_dollars(one.amount_cents)}"


def _remarks(payment: ClaimPayment) -> list[str]:
    return list(dict.fromkeys((*payment.remarks, *(code for line in payment.lines for code in line.remarks))))


def _code_rows(adjustments: Sequence[Adjustment], remarks: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    reasons = dict.fromkeys(one.reason for one in adjustments)
    rows = [(code, REASON_CODES[code].words) for code in reasons if code in REASON_CODES]
    return (*rows, *((code, REMARK_WORDS[code]) for code in remarks if code in REMARK_WORDS))


def note_sheet(claim: Claim, text: str, *, signed_by: str | None, signed_on: date | None) -> Sheet:
    """What the provider wrote, with whose signature it bears."""
    signed = signed_by or "not signed"
    facts = (
        Fact("Patient", full_name(claim.patient)),
        Fact("Date of service", service_days(claim)),
        Fact("Signed by", f"{signed}, {signed_on:%m/%d/%Y}" if signed_on else signed),
    )
    return Sheet("Note of the visit", facts, tuple(part for part in text.split("\n") if part.strip()))


def authorization_sheet(
    *,
    number: str,
    state: str,
    valid_from: date | None,
    valid_to: date | None,
    procedures: str,
    units: str | None,
    note: str,
) -> Sheet:
    """One authorization as the payer gave it."""
    facts = (
        Fact("Authorization number", number or "none given yet"),
        Fact("State", state),
        Fact("Valid from", f"{valid_from:%m/%d/%Y}" if valid_from else "not named"),
        Fact("Until", f"{valid_to:%m/%d/%Y}" if valid_to else "not named"),
        Fact("Services", procedures or "none named"),
        Fact("Units", units or "not limited"),
        Fact("Given by", note or "not noted"),
    )
    return Sheet("Authorization", facts)


def contract_sheet(rows: Sequence[tuple[str, int | None, str, str | None]]) -> Sheet:
    """How the contract comes to what is expected of each line: (service, cents, words, contract)."""
    cells = tuple(
        (service, contract or "none", words, "not known" if cents is None else format_dollars(cents))
        for service, cents, words, contract in rows
    )
    table = Table("Line by line", ("Service", "Contract", "How it comes about", "Amount"), cells)
    return Sheet("What our contract with you says", tables=(table,))


def has_contract(rows: Sequence[tuple[str, int | None, str, str | None]]) -> bool:
    """Whether any line's amount is known by a contract."""
    return any(words != NO_CONTRACT.words and cents is not None for _, cents, words, _ in rows)
