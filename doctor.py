"""Says what is missing before anybody is stopped by it: one look at the rows and the settings, and what to do.

It changes nothing and asks nobody outside. What it finds is what the office itself would stumble over: enrolments are
judged by the rules that hold claims, for a visit of today like those of the last weeks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from rich.console import Console
from rich.table import Table
from sqlmodel import Session, col, func, or_, select

from billing.amendments import SELF_PAY
from billing.claim import Claim
from billing.days import day_of, zone_named
from billing.enrolments import EnrolmentKind, EnrolmentState, gaps, named, needs, standing
from billing.identifiers import npi_is_valid
from billing.partners import Reach
from billing.policies import Policies
from billing.release_calendar import Standing
from billing.roles import Role
from database import contract_views, encounters, enrolments, letters, office, releases, restoring
from database.engine import Database
from database.tables import AgendaEntry, Charge, Encounter, EnrolmentRow, Partner, Payer, Practice, User
from settings import Settings, variable

LOOK_BACK = timedelta(days=90)
CLAIMS = 2000
"""At most so many of a practice's newest claims are looked at"""
TEST_VALUES = {"strict_npi_check_digit": 0}
"""Values of policies that only an office with invented patients has"""
PRINTED_WITHIN = timedelta(days=3)
"""How long a paper may wait in the print queue"""
DONE_WITHIN = timedelta(hours=1)
"""How late a visit's next action may be"""
NAMED = 5
"""So many codes or providers are named; the rest is counted"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is missing."""

    where: str
    """The practice, or the installation"""
    what: str
    to_do: str
    stops_claims: bool
    """Claims wait for a person, or cannot leave, because of it"""


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of one practice."""

    session: Session
    practice: Practice
    payers: Sequence[Payer]
    claims: Sequence[tuple[Payer, Claim]]
    """The newest first: open, or taken in within LOOK_BACK; without those that only a patient pays"""
    at: datetime

    @property
    def today(self) -> date:
        return day_of(self.at, zone_named(self.practice.time_zone))

    def policies(self, payer_id: str | None = None) -> Policies:
        return office.policies_for(self.session, practice_id=self.practice.id, payer_id=payer_id)

    def policy(self, name: str, payer_id: str | None = None) -> int:
        return self.policies(payer_id).value(name, as_of=self.today)

    def found(self, what: str, to_do: str, *, stops: bool = False) -> Finding:
        return Finding(self.practice.name, what, to_do, stops)


def examine(database: Database, settings: Settings, *, at: datetime) -> list[Finding]:
    """Everything that is missing; what stops claims comes first."""
    with database.reading() as session:
        found = [*_installation(session, settings), *_editions(session, day_of(at, UTC))]
        for practice in office.practices(session):
            look = _look(session, practice, at)
            for check in CHECKS:
                found += check(look)
    return sorted(found, key=lambda one: not one.stops_claims)


def show(found: Sequence[Finding], console: Console) -> None:
    """One table for people."""
    if not found:
        console.print("Nothing is missing.")
        return
    table = Table(title="What is missing")
    for heading in ("", "where", "what", "what to do"):
        table.add_column(heading, overflow="fold")
    for one in found:
        table.add_row("stops claims" if one.stops_claims else "look at it", one.where, one.what, one.to_do)
    console.print(table)


def _look(session: Session, practice: Practice, at: datetime) -> Look:
    mine = Payer.practice_id == practice.id
    payers = session.exec(select(Payer).where(mine, Payer.payer_number != SELF_PAY.payer.id).order_by(Payer.name)).all()
    by_id = {one.id: one for one in payers}
    recent = session.exec(
        select(Encounter)
        .where(
            Encounter.practice_id == practice.id,
            col(Encounter.is_self_pay).is_(False),
            col(Encounter.is_void).is_(False),
            or_(col(Encounter.closed_at).is_(None), col(Encounter.created_at) >= at - LOOK_BACK),
        )
        .order_by(col(Encounter.created_at).desc(), col(Encounter.id))
        .limit(CLAIMS)
    )
    claims = [(by_id[one.payer_id], encounters.claim_of(one)) for one in recent if one.payer_id in by_id]
    return Look(session, practice, payers, claims, at)


def _stuck(look: Look) -> Iterator[Finding]:
    """Visits whose next action is due, and nobody does it."""
    late = look.session.exec(
        select(func.count(func.distinct(AgendaEntry.encounter_id))).where(
            AgendaEntry.practice_id == look.practice.id, col(AgendaEntry.due_at) < look.at - DONE_WITHIN
        )
    ).one()
    if late:
        what = f"{late} {'visit waits' if late == 1 else 'visits wait'} for something that was due an hour ago"
        to_do = "see that the worker runs; in the Temporal UI a step that does not succeed says why"
        yield look.found(what, to_do, stops=True)


def _installation(session: Session, settings: Settings) -> Iterator[Finding]:
    where = "installation"
    if held := len(restoring.holds(session)):
        what = f"sending is on hold on {held} {'route' if held == 1 else 'routes'} since the books were restored"
        to_do = "follow docs/runbooks.md, Restore; then run `zerobalance resume --release`"
        yield Finding(where, what, to_do, stops_claims=True)
    if not office.practices(session):
        yield Finding(where, "no practice is set up", "run `zerobalance setup --practice NAME`", stops_claims=True)
    partners = office.partners(session)
    if not partners:
        yield Finding(where, "there is no clearinghouse", "run `zerobalance setup`", stops_claims=True)
    for one in partners:
        yield from _partner(one, settings)


def _editions(session: Session, today: date) -> Iterator[Finding]:
    """Tables and rules that were loaded once, and end soon or have ended."""
    for one in releases.calendar(session, today):
        if one.newest is not None and one.standing in {Standing.OVER, Standing.ENDING}:
            ends = "ended" if one.standing == Standing.OVER else "ends"
            what = f"the newest edition of {one.table} {ends} on {one.newest.last}"
            yield Finding("installation", what, f"load the next one; it comes {one.comes}", stops_claims=False)


def _partner(partner: Partner, settings: Settings) -> Iterator[Finding]:
    name, reach = partner.secret_name, Reach(partner.reached_by)
    if reach != Reach.FOLDER and name not in settings.partner_tokens:
        words = f'set {variable("partner_tokens")} to {{"{name}": "TOKEN"}}'
        yield Finding("installation", f"{partner.name} has no token: nothing can be sent", words, stops_claims=True)
    if reach == Reach.HTTP and name not in settings.webhook_secrets:
        what = f"{partner.name} has no webhook secret: its notices are refused, its mailbox is only asked on schedule"
        words = f'set {variable("webhook_secrets")} to {{"{name}": "SECRET"}}'
        yield Finding("installation", what, words, stops_claims=False)


def _payers(look: Look) -> Iterator[Finding]:
    if not look.payers:
        yield look.found("there is no payer yet", "a payer comes with its first visit: type one, or import an 837P")
    for one in look.payers:
        if not one.payer_number:
            what = f"payer {one.name} has no number at the clearinghouse (2010BB NM109)"
            yield look.found(what, "enter payer_id in the corrections of its visits", stops=True)


def _enrolments(look: Look) -> Iterator[Finding]:
    """What a visit of today, with the payers and providers of the claims looked at, would lack."""
    lacking: Counter[tuple[str, str]] = Counter()
    unknown: Counter[tuple[str, str]] = Counter()
    by_payer: dict[str, list[Claim]] = {}
    for payer, claim in look.claims:
        by_payer.setdefault(payer.id, []).append(claim)
    for payer in look.payers:
        rows = enrolments.of_payer(look.session, practice_id=look.practice.id, payer_id=payer.id)
        is_paper = not look.policy("takes_electronic_claims", payer.id)
        holds = bool(look.policy("hold_without_enrolment", payer.id))
        for claim in by_payer.get(payer.id, []):
            today = {replace(one, day=look.today) for one in needs(claim, is_paper=is_paper)}
            lacking.update((_named(payer), one.why) for one in gaps(today, rows, holds_without_row=holds))
            missing = () if holds else gaps(today, rows, holds_without_row=True)
            silent = {one.need for one in missing} - {one.need for one in gaps(today, rows, holds_without_row=False)}
            unknown.update(
                (_named(payer), f"{named(one.kind)} of provider {one.npi}")
                for one in silent
                if one.kind == EnrolmentKind.CLAIMS
            )
    for (payer_name, why), count in sorted(lacking.items()):
        to_do = "enrol, then save the row under Set-up, Enrolments; what waits goes on by itself"
        yield look.found(f"{payer_name}: {why} ({_claims(count)})", to_do, stops=True)
    for (payer_name, what), count in sorted(unknown.items()):
        to_do = "say under Set-up, Enrolments whether it is active; nothing is held for it now"
        yield look.found(f"{payer_name}: {what} is in no row ({_claims(count)})", to_do)


def _due(look: Look) -> Iterator[Finding]:
    rows = look.session.exec(
        select(EnrolmentRow, Payer)
        .join(Payer, col(Payer.id) == col(EnrolmentRow.payer_id))
        .where(EnrolmentRow.practice_id == look.practice.id)
        .order_by(Payer.name, EnrolmentRow.npi, EnrolmentRow.kind)
    )
    for row, payer in rows:
        cell = enrolments.entry_of(row).enrolment
        what = f"{_named(payer)}: {named(cell.kind)} of provider {row.npi}"
        if row.recheck_on is not None and row.recheck_on <= look.today:
            yield look.found(f"{what} was to be looked at again on {row.recheck_on}", "look, and set the next day")
        elif cell.state in {EnrolmentState.ACTIVE, EnrolmentState.ENDED} and not cell.covers(look.today):
            yield look.found(f"{what}: {standing(cell, look.today)}", "renew it, or leave it ended on purpose")


def _providers(look: Look) -> Iterator[Finding]:
    is_strict = bool(look.policy("strict_npi_check_digit"))
    wrong: Counter[str] = Counter()
    for _, claim in look.claims:
        parties = (claim.billing_provider, *claim.providers, *(one for line in claim.lines for one in line.providers))
        wrong.update({one.npi for one in parties if one.npi and not npi_is_valid(one.npi)})
    for npi, count in sorted(wrong.items()):
        what = f"the NPI {npi} has a wrong check digit ({_claims(count)})"
        yield look.found(what, "look it up in the registry and correct it on the claims", stops=is_strict)


def _calendar(look: Look) -> Iterator[Finding]:
    if look.practice.time_zone == "UTC":
        yield look.found("its days are told in UTC", "choose its time zone: Set-up, Practice")


def _letters(look: Look) -> Iterator[Finding]:
    days = [
        day_of(one.written_at, zone_named(look.practice.time_zone))
        for one in letters.page(look.session, practice_id=look.practice.id, state=letters.QueueState.WAITING)
    ]
    if days and look.today - min(days) > PRINTED_WITHIN:
        what = f"the oldest of the papers in the print queue was written on {min(days)}"
        yield look.found(what, "print and send them, or withdraw what is not to be sent: Letters")


def _prices(look: Look) -> Iterator[Finding]:
    priced = set(look.session.exec(select(Charge.procedure).where(Charge.practice_id == look.practice.id).distinct()))
    to_do = "load prices: Set-up, Charge master, or `zerobalance setup --charges FILE`"
    if not priced:
        yield look.found("the charge master is empty: a line without a charge waits for a person", to_do)
        return
    since = look.today - LOOK_BACK
    used = Counter(line.procedure for _, claim in look.claims for line in claim.lines if line.service_date >= since)
    unpriced = [code for code, _ in used.most_common() if code not in priced]
    if unpriced:
        yield look.found(f"used in the last {LOOK_BACK.days} days without a price: {_some(unpriced)}", to_do)


def _people(look: Look) -> Iterator[Finding]:
    users = look.session.exec(select(User.roles).where(User.practice_id == look.practice.id, col(User.is_active)))
    if not any(Role.SUPERVISOR in roles.split(",") for roles in users):
        what = "nobody is a supervisor: nothing can be approved, overridden or set up"
        yield look.found(what, f"run `zerobalance setup --practice '{look.practice.name}'`: it makes the first user")


def _policies(look: Look) -> Iterator[Finding]:
    for name, value in TEST_VALUES.items():
        scopes = ["the practice"] if look.policy(name) == value else []
        scopes += [] if scopes else [_named(one) for one in look.payers if look.policy(name, one.id) == value]
        if scopes:
            what = f"the policy {name} is {value} for {_some(scopes)}: a value for test files"
            yield look.found(what, "give it its real value from today on, before real patients come")


def _named(payer: Payer) -> str:
    return f"{payer.name} ({payer.payer_number or 'no number'})"


def _claims(count: int) -> str:
    return "one claim" if count == 1 else f"{count} claims"


def _some(words: Iterable[str]) -> str:
    told = list(words)
    more = f" and {len(told) - NAMED} more" if len(told) > NAMED else ""
    return ", ".join(told[:NAMED]) + more


def _contracts(look: Look) -> Iterator[Finding]:
    """Contracts by Medicare's fee that nothing prices today."""
    for what in contract_views.missing(look.session, practice_id=look.practice.id, today=look.today):
        to_do = "load it with `zerobalance rules load`, kind rvu or gpci; or change the contract"
        yield look.found(f"{what} is asked for and not loaded: what the payer should allow is not known", to_do)


CHECKS = (_stuck, _calendar, _letters, _payers, _enrolments, _due, _providers, _prices, _contracts, _people, _policies)
"""What is looked at in each practice"""
