"""Runs of statements: papers that wait are looked at, e-mailed or set for the printing machine, and made one file.

Where each paper stands is in the database alone. Every step takes the next few from there, so that one which was cut
off in its middle goes on where it was.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session
from temporalio import activity

from activities import handing_over, mail_line
from activities.handing_over import Stopped
from activities.mail_line import Line, MailServer
from activities.messages import ReconcileStep, StatementRunsBegun, StatementRunStanding, StatementRunStep
from activities.statement_emails import Ready, message_of
from billing import statement_runs as rules
from billing.consents import ConsentKind, standing
from billing.dunning import Notice
from billing.letters import Way
from billing.statement_emails import Said, Verdict
from billing.statement_runs import Channel, ItemState, RunState, wait_minutes
from billing.statements import Statement
from database import accounts, consents, letters, office, registrations, statement_runs
from database.engine import Database
from database.tables import Letter, Patient, PatientAccount, StatementRun, StatementRunItem
from templates import documents, statement_view

TAKEN_AT_ONCE = 200
MAILED_AT_ONCE = 25
SET_AT_ONCE = 50
DAY = timedelta(days=1)
PUNCTUAL = timedelta(hours=2)
"""A run that is due on a day is begun at its hour, though the one before began a little later"""


class StatementRunActivities:
    """What the workflow of a run asks of the books, the typesetter and the mail server."""

    def __init__(self, database: Database, server: MailServer) -> None:
        self._database = database
        self._server = server

    @activity.defn
    def begin_due_runs(self, step: ReconcileStep) -> StatementRunsBegun:
        """Begin a run for every practice whose plan says so and where papers wait."""
        with self._database.writing() as session:
            return StatementRunsBegun(
                runs=sum(_begin_if_due(session, one.id, step.at) for one in office.practices(session))
            )

    @activity.defn
    def take_papers(self, step: StatementRunStep) -> StatementRunStanding:
        """Look at the next papers that wait, each under its account's lock, and say by which way they go."""
        with self._database.reading() as session:
            row = statement_runs.find(session, practice_id=step.practice_id, run_id=step.run_id)
            found = statement_runs.to_take(session, row, limit=TAKEN_AT_ONCE) if row is not None else []
        for letter_id, _ in found:
            activity.heartbeat()
            with self._database.writing() as session:
                self._take(session, step, letter_id)
        with self._database.writing() as session:
            row = statement_runs.hold(session, practice_id=step.practice_id, run_id=step.run_id)
            if row is not None and not found and row.taken_at is None:
                row.taken_at = step.at
                session.add(row)
                session.flush()
        return self._standing(step)

    @activity.defn
    def mail_papers(self, step: StatementRunStep) -> StatementRunStanding:
        """Hand the next e-mails over. Each counts as sent before the mail server hears of it; a try that was cut off is
        repeated under the same Message-ID."""
        with self._database.reading() as session:
            due = statement_runs.to_mail(session, step.run_id, at=step.at, limit=MAILED_AT_ONCE)
        with mail_line.line_to(self._server) as line:
            for ordinal in due:
                activity.heartbeat()
                self._mail(line, step, ordinal)
        return self._standing(step)

    @activity.defn
    def set_papers(self, step: StatementRunStep) -> StatementRunStanding:
        """Set the next papers as one part of the file."""
        with self._database.writing() as session:
            contents = self._to_set(session, step)
        if contents:
            body, pages = documents.statements(list(contents.values()))
            activity.heartbeat()
            with self._database.writing() as session:
                row = _held(session, step)
                if any(statement_runs.item(session, row.id, one).state != ItemState.WAITING for one in contents):
                    return self._standing(step)  # a try beside this one has set them
                part = statement_runs.add_part(session, row, body)
                for ordinal, count in zip(contents, pages, strict=True):
                    one = statement_runs.item(session, row.id, ordinal)
                    one.part, one.pages = part, count
                    statement_runs.move(session, one, ItemState.SET, at=step.at)
        return self._standing(step)

    @activity.defn
    def make_file(self, step: StatementRunStep) -> StatementRunStanding:
        """Make one file of the parts, with its list. The run waits for the post; with nothing on paper it is done."""
        with self._database.writing() as session:
            row = _held(session, step)
            if row.state == RunState.RUNNING:
                _make_file(session, row, at=step.at)
        return self._standing(step)

    def _standing(self, step: StatementRunStep) -> StatementRunStanding:
        with self._database.reading() as session:
            row = statement_runs.find(session, practice_id=step.practice_id, run_id=step.run_id)
            if row is None:
                return StatementRunStanding(step=rules.RunStep.NOTHING)
            now = statement_runs.progress(session, row, at=step.at)
        return StatementRunStanding(
            step=now.step,
            next_at=now.next_at,
            taken=sum(now.counts.values()),
            waiting=now.of(ItemState.WAITING, ItemState.DEFERRED, ItemState.HANDING_OVER),
            in_file=now.of(ItemState.SET),
            handed_over=now.of(ItemState.HANDED_OVER),
            kept=now.of(ItemState.KEPT, ItemState.BOUNCED),
        )

    def _take(self, session: Session, step: StatementRunStep, letter_id: str) -> None:
        letter = session.get_one(Letter, letter_id)
        account = handing_over.account_of(session, letter, at=step.at)
        letters.hold(session, letter)
        row = _held(session, step)
        if not statement_runs.may_take(session, row, letter_id):
            return  # another run, or an earlier try of this step, has looked at it
        stopped = handing_over.look(session, account, letter, at=step.at)
        if stopped is not None:
            handing_over.stop(session, account, letter, stopped, at=step.at)
        channel, address = self._channel(session, account, letter)
        because = stopped.because if stopped else ""
        statement_runs.take(
            session, row, letter, channel=channel, address=address, at=step.at, kept_because=because[:300]
        )

    def _channel(self, session: Session, account: PatientAccount, letter: Letter) -> tuple[Channel, str | None]:
        """(which way, the patient's address)."""
        patient = session.get_one(Patient, account.patient_id)
        answer = standing(consents.of_patient(session, patient.id)).get(ConsentKind.ELECTRONIC)
        channel = rules.channel_of(
            Notice(letter.kind),
            has_server=bool(self._server.host),
            agreed=answer is not None and answer.is_given,
            email=patient.email,
            failed=patient.email_failed,
            is_theirs=handing_over.is_addressed_to(patient),
        )
        return channel, patient.email

    def _mail(self, line: Line, step: StatementRunStep, ordinal: int) -> None:
        with self._database.writing() as session:
            ready = self._hand_over(session, step, ordinal)
        if ready is None:
            return
        said = line.send(ready.message, to=ready.address)
        with self._database.writing() as session:
            _note_said(session, step, ordinal, said)

    def _hand_over(self, session: Session, step: StatementRunStep, ordinal: int) -> Ready | None:
        """Count one e-mail as sent; None: it does not go."""
        item = statement_runs.item(session, step.run_id, ordinal)
        letter = session.get_one(Letter, item.letter_id)
        account = handing_over.account_of(session, letter, at=step.at)
        session.refresh(item)
        if item.state not in rules.TO_MAIL:
            return None  # a try beside this one was faster
        if item.state != ItemState.HANDING_OVER:
            channel, address = self._channel(session, account, letter)
            if channel == Channel.PAPER or address is None:
                item.channel, item.address = Channel.PAPER, None
                statement_runs.move(session, item, ItemState.WAITING, at=step.at, note="the patient wants paper")
                return None
            item.address = address
            today = office.policies_for(session, practice_id=step.practice_id, payer_id=None).day(step.at)
            stopped = handing_over.hand_over(session, account, letter, way=Way.EMAIL, on=today, at=step.at, by="office")
            if stopped is not None:
                statement_runs.move(session, item, ItemState.KEPT, at=step.at, note=stopped.because)
                return None
            item.message_id = item.message_id or f"<{item.run_id}.{item.ordinal}@{self._server.domain}>"
            statement_runs.move(session, item, ItemState.HANDING_OVER, at=step.at)
        return message_of(session, item, letter, sender=self._server.sender)

    def _to_set(self, session: Session, step: StatementRunStep) -> dict[int, str]:
        """Ordinal -> what the paper says; a paper that is not in the print queue any more stays out."""
        contents = {}
        for one in statement_runs.to_set(session, step.run_id, limit=SET_AT_ONCE):
            letter = session.get_one(Letter, one.letter_id)
            paper = letters.content_of(letter)
            assert isinstance(paper, Statement), "a run takes papers to patients"
            if letter.sent_at is None and letter.withdrawn_at is None:
                contents[one.ordinal] = statement_view.content(paper)
            else:
                because = letter.withdrawn_because or "it was sent by hand"
                statement_runs.move(session, one, ItemState.KEPT, at=step.at, note=because)
        return contents


def _held(session: Session, step: StatementRunStep) -> StatementRun:
    row = statement_runs.hold(session, practice_id=step.practice_id, run_id=step.run_id)
    assert row is not None, "a run is never removed"
    return row


def _begin_if_due(session: Session, practice_id: str, at: datetime) -> bool:
    policies = office.policies_for(session, practice_id=practice_id, payer_id=None)
    days = policies.value("statement_run_days", as_of=policies.day(at))
    last = statement_runs.last_begun_at(session, practice_id)
    if not days or (last is not None and at < last + days * DAY - PUNCTUAL):
        return False
    if not statement_runs.waiting_letters(session, practice_id=practice_id):
        return False
    try:
        begin(session, practice_id=practice_id, kinds=tuple(Notice), at=at, by="office")
    except statement_runs.RunAtWork:
        return False
    return True


def begin(session: Session, *, practice_id: str, kinds: tuple[Notice, ...], at: datetime, by: str) -> StatementRun:
    """Begin a run over papers of these kinds. Raises database.statement_runs.RunAtWork."""
    policies = office.policies_for(session, practice_id=practice_id, payer_id=None)
    both_sides = bool(policies.value("print_both_sides", as_of=policies.day(at)))
    return statement_runs.begin(session, practice_id=practice_id, kinds=kinds, both_sides=both_sides, at=at, by=by)


def _make_file(session: Session, row: StatementRun, *, at: datetime) -> None:
    found = statement_runs.in_file(session, row.id)
    row.made_at = at
    if not found:
        row.state, row.ended_at = RunState.DONE, at
        session.add(row)
        return
    by_part: dict[int, list[int]] = {}
    for one in found:
        by_part.setdefault(one.part or 0, []).append(one.pages or 0)
    bodies = [part.body for part in statement_runs.parts(session, row.id)]
    file = documents.print_file(bodies, list(by_part.values()), both_sides=row.both_sides)
    row.sha256 = rules.digest(file)
    row.manifest = rules.manifest(_rows(session, row, found), file_sha256=row.sha256)
    wrong = rules.faults(row.manifest, both_sides=row.both_sides, file=file)
    assert not wrong, f"the list of run {row.id} does not add up: {'; '.join(wrong)}"
    row.state = RunState.READY
    session.add(row)
    statement_runs.keep_file(session, row, file)


def _rows(session: Session, row: StatementRun, found: Sequence[StatementRunItem]) -> list[rules.Row]:
    rows = []
    page = 1
    for one in found:
        letter = session.get_one(Letter, one.letter_id)
        paper = accounts.statement_of(letter)
        pages = one.pages or 0
        sheets = rules.sheets_of(pages, both_sides=row.both_sides)
        rows.append(
            rules.Row(
                ordinal=one.ordinal,
                number=paper.number,
                account=letter.patient_id or "",
                kind=letter.kind,
                amount_cents=paper.total_cents,
                first_page=page,
                pages=pages,
                sheets=sheets,
                sha256=rules.digest(letter.content.encode()),
                address=" | ".join(paper.addressee),
            )
        )
        page += 2 * sheets if row.both_sides else sheets
    return rows


def _note_said(session: Session, step: StatementRunStep, ordinal: int, said: Said) -> None:
    """What the mail server said to one e-mail."""
    item = statement_runs.item(session, step.run_id, ordinal)
    letter = session.get_one(Letter, item.letter_id)
    account = handing_over.account_of(session, letter, at=step.at)
    session.refresh(item)
    if item.state != ItemState.HANDING_OVER:
        return
    item.tries += 1
    minutes = wait_minutes(item.tries)
    item.next_try_at = None if minutes is None else step.at + timedelta(minutes=minutes)
    if said.verdict == Verdict.TAKEN:
        item.next_try_at = None
        statement_runs.move(session, item, ItemState.HANDED_OVER, at=step.at, note=said.words)
        return
    if said.verdict == Verdict.UNKNOWN and minutes is not None:
        statement_runs.move(session, item, ItemState.HANDING_OVER, at=step.at, note=said.words)
        return
    if said.verdict == Verdict.NO_SUCH_ADDRESS and item.address:
        patient = session.get_one(Patient, account.patient_id)
        registrations.note_email_failed(session, patient, item.address, said.words)
    stopped = handing_over.put_back(session, account, letter, at=step.at)
    if said.verdict == Verdict.LATER and minutes is not None and stopped is None:
        statement_runs.move(session, item, ItemState.DEFERRED, at=step.at, note=said.words)
        return
    _go_on_paper(session, item, said, stopped, at=step.at)


def _go_on_paper(
    session: Session, item: StatementRunItem, said: Said, stopped: Stopped | None, *, at: datetime
) -> None:
    item.channel, item.next_try_at = Channel.PAPER, None
    may_be_there = "; it may have come by e-mail too" if said.verdict == Verdict.UNKNOWN else ""
    note = f"no e-mail: {said.words}{may_be_there}"
    if stopped is None:
        statement_runs.move(session, item, ItemState.WAITING, at=at, note=note)
    else:
        statement_runs.move(session, item, ItemState.KEPT, at=at, note=f"{stopped.because} ({note})")
