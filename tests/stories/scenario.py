"""Authored scenarios: what happens to a few visits, and the journal that it must leave, in a text a biller can read.

The form is told in `tests/golden/scenarios/README.md`. A scenario is read into steps; `Playing` plays them.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from sqlmodel import col, func, select

from billing.claim import Claim, Party, Reference
from billing.money import parse_typed
from billing.posting_review import StopCode
from billing.remittance import ClaimPayment
from database import stop_codes
from database.tables import Journal, Posting, RemittanceFile, Task
from interchange.x12 import remittance_835
from interchange.x12.coordination_writing import with_other_payers
from tests.builders import CLINIC_NPI, TAX_ID, a_claim, a_line, a_second_policy, an_837p
from tests.office import Office

GOLDEN = Path(__file__).parents[1] / "golden"
FOLDER = GOLDEN / "scenarios"
OUTCOMES = GOLDEN / "outcomes"
UNSAID = {
    "AR_INS",
    "CASH_UNAPPLIED",
    "EFT_CLEARING",
    "UNDEPOSITED",
    "CARD_CLEARING",
    "AGENCY_CLEARING",
    "CASH_BANK",
    "PAT_UNAPPLIED",
    "PAYER_REFUND_DUE",
}
"""Accounts whose sub-account a journal in words leaves out"""
MEDICARE_NUMBER = "1EG4TE5MK73"
"""The example of CMS's own description of the form"""
OPENING = "ISA*00*          *00*          *ZZ*PAYER          *ZZ*ZEROBALANCE    *261116*1200*^*00501*{n:09}*0*P*:~"
GROUP = "GS*HP*PAYER*ZEROBALANCE*20261116*1200*{n}*X*005010X221A1~"


@dataclass(frozen=True)
class Step:
    """One paragraph: its first line, and what is indented or stands below it."""

    line: str
    body: tuple[str, ...]
    number: int
    """Of the first line, from 1"""


@dataclass(frozen=True)
class Scenario:
    title: str
    steps: tuple[Step, ...]


VERBS = (
    *("visits of ", "file ", "visit ", "835", "journal", "then", "patient ", "later ", "task ", "office task ", "send"),
    *("stop ", "policy "),
)


def read(path: Path) -> Scenario:
    """Paragraphs apart by empty lines; one that begins with no verb is a remark."""
    lines = path.read_text().splitlines()
    steps, current, start = [], [], 1
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            start = start if current else number
            current.append(line)
            continue
        if current and current[0].startswith(VERBS):
            steps.append(Step(current[0].strip(), tuple(current[1:]), start))
        current = []
    return Scenario(lines[0], tuple(steps))


def cents(text: str) -> int:
    return int(parse_typed(text))


@dataclass
class Playing:
    """A scenario on an office: the visits by letter, and how far the journal was read."""

    office: Office
    mark: str = ""
    """Digits in the numbers of visits and files, so that several scenarios can be played in one office"""
    visits: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    """What `{A}` stands for in an 835: the control number of the visit's newest submission"""
    read_to: int = 0
    files: int = 0
    last: list[str] = field(default_factory=list)
    """The segments of the newest 835"""

    def play(self, scenario: Scenario) -> None:
        for step in scenario.steps:
            self.play_one(step)

    def play_one(self, step: Step) -> None:
        verb = next(verb for verb in VERBS if step.line.startswith(verb))
        rest = step.line.removeprefix(verb).strip()
        getattr(self, "_" + verb.strip().replace(" ", "_"))(step, rest)

    def _policy(self, step: Step, rest: str) -> None:
        name, value = rest.split()
        self.office.policy(name, int(value))

    def _stop(self, step: Step, rest: str) -> None:
        """A code that is not posted unseen: `CO-45 because`"""
        code, note = rest.split(" ", 1)
        group, reason = code.split("-")
        with self.office.database.writing() as session:
            stop_codes.add(
                session,
                StopCode(reason, group, note),
                practice_id=self.office.practice_id,
                payer_id=None,
                at=self.office.now,
                by=self.office.supervisor_id,
            )

    def _visit(self, step: Step, letter: str) -> None:
        """Registered, verified, coded, charged, sent; its charges are in the books and are no part of what follows."""
        is_sent = "not sent" not in [line.strip() for line in step.body]
        lines, others, claim = [], [], a_claim(member_id=f"MEMBER{letter}{self.mark or '00'}{letter}")
        for line in step.body:
            words = line.split()
            match words:
                case ["insurance", filing]:
                    member = MEDICARE_NUMBER if filing == "MB" else claim.coverage.member_id
                    coverage = replace(claim.coverage, filing_indicator=filing, member_id=member)
                    claim = replace(claim, coverage=coverage)
                case ["second", filing, payer]:
                    others.append(a_second_policy(filing, "S", payer))
                case ["third", filing, payer]:
                    others.append(a_second_policy(filing, "T", payer))
                case ["not", "sent"]:
                    continue
                case [code, amount]:
                    procedure, *modifiers = code.split("-")
                    lines.append(a_line(procedure, cents(amount), modifiers=tuple(modifiers)))
                case _:
                    raise AssertionError(f"line {step.number}: {line!r} is no part of a visit")
        charge = sum(line.charge_cents for line in lines)
        claim = replace(claim, lines=tuple(lines), charge_cents=charge, control_number=f"EXT{self.mark}{letter}")
        before = set(self.office.encounter_ids())
        number = int(f"{self.mark}100") + len(self.visits)
        report = self.office.take_in(an_837p(with_other_payers(claim, others), number=number))
        assert report.created == 1, report
        [encounter] = set(self.office.encounter_ids()) - before
        self.visits[letter] = encounter
        standing = self.office.go_on(encounter)
        if is_sent:
            assert standing.stage == "submission", (standing.stage, self.office.story(encounter))
            self._send(step, "")
        self._skip_journal()

    def _visits_of(self, step: Step, rest: str) -> None:
        """The visits that a published 835 answers, billed as it says that they were: A is the first claim's."""
        for claim in claims_answered(GOLDEN / rest):
            self._bill(claim, chr(ord("A") + len(self.visits)))
        self._send(step, "")
        self._skip_journal()

    def _bill(self, claim: Claim, letter: str) -> None:
        """One visit with a claim that is ready."""
        before = set(self.office.encounter_ids())
        report = self.office.take_in(an_837p(claim, number=100 + len(self.visits)))
        assert report.created == 1, report
        [encounter] = set(self.office.encounter_ids()) - before
        self.visits[letter] = encounter
        standing = self.office.go_on(encounter)
        assert standing.stage == "submission", (standing.stage, self.office.story(encounter))

    def _file(self, step: Step, rest: str) -> None:
        """A published file, as it stands; `in another envelope`: its transactions in ours."""
        name, _, how = rest.partition(" ")
        body = (GOLDEN / name).read_bytes()
        self.files += 1
        self.office.deliver_835(re_enveloped(body, number=self.files) if how else body)
        for encounter in self.visits.values():
            self.office.go_on(encounter)

    def _send(self, step: Step, rest: str) -> None:
        """What is ready leaves in one batch."""
        self.office.send_claims()
        for letter, encounter in self.visits.items():
            self.office.go_on(encounter)
            newest = self.office.submission(encounter)
            earlier = [key for key in self.numbers if key.rstrip("'") == letter]
            if newest.control_number not in [self.numbers[key] for key in earlier]:
                self.numbers[letter + "'" * len(earlier)] = newest.control_number

    def _835(self, step: Step, rest: str) -> None:
        """A transaction as it stands, in an envelope; `again` delivers the one before in the same or another one."""
        if rest.startswith("again"):
            body, envelope = self.last, rest.removeprefix("again").strip()
        else:
            body, envelope = [self._filled(line.strip().rstrip("~")) for line in step.body], rest
            self.last = body
        self.files += 1
        self.office.deliver_835(an_envelope(body, number=self.files, separators=envelope or "*~:"))
        for encounter in self.visits.values():
            self.office.go_on(encounter)

    def _filled(self, segment: str) -> str:
        for letter, number in self.numbers.items():
            segment = segment.replace("{" + letter + "}", number)
            segment = segment.replace("{" + letter + " in small letters}", number.lower())
        for letter, encounter in self.visits.items():
            for ordinal, line_id in enumerate(self.office.line_ids(encounter), start=1):
                segment = segment.replace("{" + f"{letter}{ordinal}" + "}", line_id.upper())
        assert "{" not in segment, f"{segment} speaks of a visit that was not sent"
        return segment

    def _patient(self, step: Step, rest: str) -> None:
        """`pays A 20.00 card`"""
        _, letter, amount, method = rest.split()
        self.office.pay(self.visits[letter], cents(amount), method=method)
        self.office.go_on(self.visits[letter])

    def _later(self, step: Step, rest: str) -> None:
        self.office.let_pass(days=int(rest.split()[0]))
        for encounter in self.visits.values():
            self.office.go_on(encounter)
            self.office.go_on(encounter)  # what fell due may have left a fact behind

    def _task(self, step: Step, rest: str) -> None:
        """`A denial_review write_off by supervisor`, with the form's fields below"""
        letter, kind, resolution, *by = rest.split()
        actor = self.office.supervisor_id if "supervisor" in by else None
        result = self.office.complete(self.visits[letter], kind, resolution, self._form(step), by=actor)
        assert result.answer.done, (step.line, result.answer)
        for encounter in self.visits.values():
            self.office.go_on(encounter)

    def _office_task(self, step: Step, rest: str) -> None:
        """A task of no visit's: `plb_review linked`, with the form's fields below"""
        kind, resolution, *by = rest.split()
        actor = self.office.supervisor_id if "supervisor" in by else self.office.worker_id
        answer = self.office.complete_office_task(kind, resolution, self._form(step), by=actor)
        assert answer.done, (step.line, answer)
        for encounter in self.visits.values():
            self.office.go_on(encounter)

    def _form(self, step: Step) -> dict[str, str]:
        pairs = (line.strip().split(": ", 1) for line in step.body)
        return {name: self._filled(value) for name, value in pairs}

    def _skip_journal(self) -> None:
        with self.office.database.reading() as session:
            self.read_to = session.exec(select(func.max(Journal.number))).one() or 0

    def _journal(self, step: Step, rest: str) -> None:
        """All that was posted since the last look, and nothing else."""
        expected = Counter(self._row(line, step) for line in step.body if line.strip() and line.strip() != "nothing")
        posted = Counter(self._posted())
        self._skip_journal()
        missing, extra = expected - posted, posted - expected
        assert expected == posted, "\n".join(
            [f"the journal at line {step.number} is not as written; not posted:"]
            + [f"    {row}" for row in missing.elements()]
            + ["  posted, and not written:"]
            + [f"    {row}" for row in extra.elements()]
            + [f"  {letter}: {self.office.story(one)}" for letter, one in self.visits.items()]
        )

    def _row(self, line: str, step: Step) -> tuple[str, str, str, str]:
        """(debit, credit, amount, line) of `ADJ_CONTRACT CO-45   AR_INS   50.00  A1`"""
        words = re.split(r"\s{2,}", line.strip())
        assert len(words) in (3, 4), f"line {step.number}: {line!r} is no debit, credit, amount and line"
        debit, credit, amount, *where = (self._filled(word) for word in words)
        return debit, credit, f"{cents(amount) / 100:.2f}", where[0] if where else ""

    def _posted(self) -> Iterator[tuple[str, str, str, str]]:
        """Each pair of sides, the debit first; a negative pair is turned."""
        with self.office.database.reading() as session:
            journals = session.exec(
                select(Journal)
                .where(col(Journal.number) > self.read_to, Journal.practice_id == self.office.practice_id)
                .order_by(col(Journal.number))
            ).all()
            for journal in journals:
                sides = session.exec(
                    select(Posting).where(Posting.journal_number == journal.number).order_by(col(Posting.id))
                ).all()
                for one, other in zip(sides[::2], sides[1::2], strict=True):
                    assert one.amount_cents == -other.amount_cents, journal
                    if one.amount_cents == 0:
                        continue
                    debit, credit = (one, other) if one.amount_cents > 0 else (other, one)
                    where = self._place(journal.encounter_id, one.line_id or other.line_id)
                    yield named(debit), named(credit), f"{debit.amount_cents / 100:.2f}", where

    def _place(self, encounter: str | None, line_id: str | None) -> str:
        if encounter is None:
            return ""
        letter = next(letter for letter, one in self.visits.items() if one == encounter)
        return letter if line_id is None else f"{letter}{self.office.line_ids(encounter).index(line_id) + 1}"

    def _then(self, step: Step, rest: str) -> None:
        """Where the visits stand, who is asked what, and every balance that anybody owes or is owed."""
        said = [line.strip() for line in step.body]
        owed = sorted(re.sub(r"\s+", " ", line) for line in said if re.match(r"[A-Z]\d? +(AR_|PAT_)", line))
        assert sorted(self._owed()) == owed, (step.number, list(self._owed()))
        for line in said:
            if re.match(r"[A-Z]\d? +(AR_|PAT_)", line):
                continue
            match line.split(maxsplit=1):
                case ["office", asked]:
                    assert asked == self._asked_of_office(), (step.number, self._asked_of_office())
                case ["remittance", state]:
                    assert state == self._remittance(), (step.number, self._remittance())
                case [letter, state]:
                    now = self._state(self.visits[letter])
                    assert state == now, (step.number, letter, now, self.office.story(self.visits[letter]))

    def _owed(self) -> Iterator[str]:
        for letter, encounter in self.visits.items():
            for (account, ordinal), amount in self.office.accounts(encounter).items():
                if account in {"AR_INS", "AR_PAT", "PAT_UNAPPLIED"}:
                    yield f"{letter}{ordinal or ''} {account} {amount / 100:.2f}"

    def _state(self, encounter: str) -> str:
        stage = self.office.stage(encounter).replace("_", " ")
        asked = sorted(self.office.open_task_types(encounter))
        return stage + (f", asks {', '.join(asked)}" if asked else "")

    def _asked_of_office(self) -> str:
        with self.office.database.reading() as session:
            asked = sorted(
                session.exec(
                    select(Task.type).where(
                        Task.practice_id == self.office.practice_id, Task.state == "open", Task.subject != "encounter"
                    )
                )
            )
        return f"asks {', '.join(asked)}" if asked else "asks nothing"

    def _remittance(self) -> str:
        """The newest remittance: its state, and what of its money no claim has taken."""
        with self.office.database.reading() as session:
            newest = session.exec(
                select(RemittanceFile)
                .where(RemittanceFile.practice_id == self.office.practice_id)
                .order_by(col(RemittanceFile.received_at).desc(), col(RemittanceFile.id).desc())
            ).all()
            if not newest:
                return "none"
            left = session.exec(
                select(func.coalesce(func.sum(Posting.amount_cents), 0)).where(
                    Posting.practice_id == self.office.practice_id, Posting.account == "CASH_UNAPPLIED"
                )
            ).one()
        return "spent" if left == 0 else f"has {-left / 100:.2f} unapplied"


def named(side: Posting) -> str:
    """The account, with its sub-account where a biller would say it."""
    return side.account if side.account in UNSAID or not side.detail else f"{side.account} {side.detail}"


def an_envelope(body: list[str], *, number: int, separators: str) -> bytes:
    """The segments from BPR on (or whole transactions, from ST on) as a file; payer and payee are put in where the
    text names none. `separators`: element, segment, component."""
    if not any(one.startswith("ST*") for one in body):
        body = ["ST*835*0001", *with_parties(body), "SE"]
    sets = sum(one.startswith("ST*") for one in body)
    counted: list[str] = []
    for one in body:
        counted.append(one)
        if one == "SE":
            start = max(index for index, each in enumerate(counted) if each.startswith("ST*"))
            counted[-1] = f"SE*{len(counted) - start}*{counted[start].split('*')[2]}"
    text = "~".join(
        [
            OPENING.format(n=number).rstrip("~"),
            GROUP.format(n=number).rstrip("~"),
            *counted,
            f"GE*{sets}*{number}",
            f"IEA*1*{number:09}",
            "",
        ]
    )
    element, segment, component = separators
    return text.translate(str.maketrans({"*": element, "~": segment, ":": component})).encode()


def claims_answered(path: Path) -> Iterator[Claim]:
    """One claim for each that an 835 answers, with the lines that it answers."""
    seen = set()
    for item in remittance_835.read_remittances(path.read_bytes()):
        assert item.remittance is not None
        payee = item.remittance.payee
        for read_payment in item.payments:
            payment = read_payment.payment
            assert payment is not None
            key = (payment.control_number, payment.member_id, abs(payment.charge_cents))
            if key not in seen:
                seen.add(key)
                yield claim_of(payment, payee, item.remittance.payment_date)


def claim_of(payment: ClaimPayment, payee: Party, paid_on: date) -> Claim:
    """What was sent, as far as its answer tells."""
    told = payment.service_from
    usual = told if told and told.year > 1900 else paid_on - timedelta(days=20)
    lines = [
        a_line(
            line.submitted_procedure or line.procedure,
            abs(line.charge_cents),
            modifiers=line.modifiers,
            units=line.submitted_units or line.units or Decimal(1),
            service_date=line.service_date or usual,
        )
        for line in payment.lines
    ] or [a_line("99213", abs(payment.charge_cents), service_date=usual)]
    claim = a_claim(*lines, member_id=payment.member_id or "UNKNOWN1", control_number=payment.control_number)
    npi = payee.id if payee.id_qualifier == "XX" else CLINIC_NPI
    tax_id = payee.reference("TJ") or (payee.id if payee.id_qualifier == "FI" else TAX_ID)
    billing = replace(claim.billing_provider, id=npi, references=(Reference("EI", tax_id or TAX_ID),))
    person = replace(claim.patient, name=payment.patient_name or claim.patient.name)
    return replace(claim, billing_provider=billing, patient=person, subscriber=person)


def re_enveloped(body: bytes, *, number: int) -> bytes:
    """The transactions of a file in another envelope, with other separators."""
    text = body.decode("latin-1").lstrip()
    element, component, segment = text[3], text[104], text[105]
    segments = [one.strip("\r\n") for one in text.split(segment) if one.strip()]
    inner = [one for one in segments if not one.startswith(("ISA", "GS", "GE", "IEA", "TA1"))]
    plain = [one.replace(element, "*").replace(component, ":") for one in inner]
    counted = [re.sub(r"^SE\*.*", "SE", one) for one in plain]
    return an_envelope(counted, number=900 + number, separators="|'>")


def with_parties(body: list[str]) -> list[str]:
    """A transaction with payer, payee and header number where the text leaves them out."""
    trace = next(index for index, one in enumerate(body) if one.startswith("TRN"))
    parties = [
        "N1*PR*EXAMPLE PAYER",
        "N3*1 PAYER WAY",
        "N4*ANYTOWN*OH*44101",
        "PER*BL*PROVIDER RELATIONS*TE*5555550199",
        f"N1*PE*EXAMPLE CLINIC*XX*{CLINIC_NPI}",
        "REF*TJ*987654320",
    ]
    named_payer = [one for one in body if one.startswith("N1*PR")]
    parties[:1] = named_payer or parties[:1]
    body = [one for one in body if one not in named_payer]
    head, rest = [*body[: trace + 1], *parties], body[trace + 1 :]
    first = next((index for index, one in enumerate(rest) if one.startswith("CLP")), None)
    return [*head, *rest] if first is None or "LX*1" in rest else [*head, *rest[:first], "LX*1", *rest[first:]]
