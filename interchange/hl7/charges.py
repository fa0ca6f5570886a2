"""DFT^P03 and P11: the charges of a visit.

Source: HL7 2.5.1 chapter 3 (PID, PV1), 6 (FT1, DG1, GT1, IN1) and its tables 0001, 0004, 0017, 0063.
"""

import hashlib
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation

from billing.claim import Claim, Diagnosis, Name, Party, ServiceLine
from billing.coding import diagnosis_is_well_formed, procedure_is_well_formed
from billing.coordination import OtherPayer
from billing.money import Cents, NotAnAmount, parse_cents
from billing.parting import LINES_OF_A_VISIT
from billing.sent_visits import (
    NO_POLICY,
    NOBODY,
    RENDERING,
    SentNumber,
    SentVisit,
    SentWord,
    WordKind,
)
from billing.units import NotUnits, parse_units
from interchange.hl7 import people
from interchange.hl7.syntax import Message, Segment

TYPES = frozenset({"DFT^P03", "DFT^P11"})
PLACES = {"E": "23", "I": "21"}
"""PV1-2 (table 0004) -> place of service"""
OTHER_SYSTEMS = frozenset({"SCT", "LN", "I9", "I9C", "ICD9"})
"""Of a diagnosis: systems that are no ICD-10-CM"""
OWN_SYSTEMS = re.compile(r"L|LOCAL|99.*|CDM|SCT|LN|NDC|I9.*|I10.*|ICD.*", re.IGNORECASE)
"""Of a procedure: systems whose codes only look like CPT or HCPCS; of others the form decides, whatever their name"""
CHARGED, TAKEN_BACK = frozenset({"CG", "C", "CH"}), frozenset({"CD", "D"})
NOT_CHARGED = frozenset({"PY", "P", "AJ", "CO", "RA", "RF"})
"""FT1-6: payments, adjustments, co-payments, refunds"""
OLDEST_SERVICE = date(2000, 1, 1)
MOST_DIAGNOSES = 12
_NUMBER = re.compile(r"[A-Za-z0-9._-]{1,38}")


def read(message: Message) -> SentVisit:
    """The visit of a DFT. Everything wrong with it comes back at once."""
    told = people.Told()
    patient = people.patient_of(message.first("PID"), told)
    policies = people.policies_of(message, patient, told)
    diagnoses, words = _diagnoses(message)
    if len(diagnoses) > MOST_DIAGNOSES:
        told.fault("DG1", "a professional claim has at most twelve diagnoses")
    lines, services = _lines(message, diagnoses, told)
    coverage = policies[0] if policies else OtherPayer(NO_POLICY, patient)
    visit = message.first("PV1")
    providers = _providers(message)
    lines = tuple(replace(one, providers=tuple(set(one.providers) - set(providers))) for one in lines)
    claim = Claim(
        control_number=_number(message),
        charge_cents=Cents(sum(line.charge_cents for line in lines)),
        billing_provider=NOBODY,
        coverage=coverage.coverage,
        subscriber=coverage.subscriber,
        patient=patient,
        diagnoses=diagnoses,
        lines=lines,
        place_of_service=PLACES.get(visit.get(2).upper(), "11"),
        providers=providers,
    )
    faults, notes = tuple(dict.fromkeys(told.faults)), tuple(dict.fromkeys(told.notes))
    return SentVisit(
        message.type.replace("^", " "),
        claim,
        tuple(policies[1:]),
        faults=faults,
        notes=notes,
        words=(*words, *services),
        patient_numbers=people.numbers_of(message),
        visit_number=_visit_number(message),
        message_number=message.head.get(10)[:80],
    )


def _number(message: Message) -> str:
    """The visit's number or the account's; without one, what the message says, so that the same said twice is one."""
    given = (message.first("PV1").get(19), message.first("PID").get(18))
    return next((one for one in given if _NUMBER.fullmatch(one)), _digest(message))


def _digest(message: Message) -> str:
    """Of everything but the head and the event: a message that is sent again has another time and number there."""
    said = "\r".join("|".join(one.fields) for one in message.segments if one.id not in {"MSH", "EVN"})
    return "H" + hashlib.sha256(said.encode()).hexdigest()[:19]


def _visit_number(message: Message) -> SentNumber | None:
    """PV1-19: what the sender calls the visit; an account (PID-18) may hold several."""
    number = message.first("PV1").get(19)[:80]
    return SentNumber(people.sender_of(message), number) if number else None


def _diagnoses(message: Message) -> tuple[tuple[Diagnosis, ...], list[SentWord]]:
    """DG1 by priority (DG1-15), then what charges name themselves (FT1-19)."""
    ranked = sorted(message.all("DG1"), key=lambda one: one.get(15).rjust(3, "0") if one.get(15) else "999")
    named = [(one, raw) for one in ranked for raw in one.repetitions(3)]
    named += [(one, raw) for one in message.all("FT1") for raw in one.repetitions(19)]
    found: dict[str, None] = {}
    words: dict[tuple[str, str, str], None] = {}
    for segment, raw in named:
        code = _diagnosis(segment, raw)
        if code:
            found[code] = None
        else:
            words[segment.of(raw, 3)[:80], segment.of(raw)[:80], segment.of(raw, 2) or segment.get(4)] = None
    kept = [SentWord(WordKind.DIAGNOSIS, place, *one) for place, one in enumerate(words, start=1) if any(one)]
    return tuple(Diagnosis(code, "ABK" if place == 0 else "ABF") for place, code in enumerate(found)), kept


def _diagnosis(segment: Segment, raw: str) -> str | None:
    code = segment.of(raw).upper().replace(".", "")
    is_another = segment.of(raw, 3).upper() in OTHER_SYSTEMS
    return code if not is_another and diagnosis_is_well_formed(Diagnosis(code)) else None


def _lines(
    message: Message, diagnoses: tuple[Diagnosis, ...], told: people.Told
) -> tuple[tuple[ServiceLine, ...], list[SentWord]]:
    """The charges, and those of them that have no code yet in the sender's words."""
    found: list[ServiceLine] = []
    words: list[SentWord] = []
    visit_day = people.day_of(message.first("PV1").get(44))
    for place, segment in enumerate(message.all("FT1")):
        where, kind = f"FT1[{place}]", segment.get(6).upper() or "CG"
        if kind in TAKEN_BACK:
            told.fault(f"{where}-6", "a credit takes a charge back: change the visit in the office")
            continue
        if kind in NOT_CHARGED:
            told.note(f"{where}-6", "no charge: left out")
            continue
        if kind not in CHARGED:
            told.note(f"{where}-6", "an unknown kind of transaction, taken as a charge")
        line = _line(segment, where, diagnoses, told, visit_day=visit_day)
        found.append(line)
        if not line.procedure:
            words.append(_words(segment, len(found)))
    if not found:
        told.fault("FT1", "no charge: nothing to bill")
    if len(found) > LINES_OF_A_VISIT:
        told.fault("FT1", f"more than {LINES_OF_A_VISIT} lines: divide the visit")
    return tuple(found[:LINES_OF_A_VISIT]), [*words, *_procedures(message, found, len(words))]


def _procedures(message: Message, lines: list[ServiceLine], known: int) -> list[SentWord]:
    """PR1 tells what was done, which no charge may name: kept in words where charges have no code."""
    if not known:
        return []
    coded = {line.procedure for line in lines}
    return [
        SentWord(WordKind.SERVICE, place, one.get(3, 3)[:80], one.get(3)[:80], one.get(3, 2) or one.get(4))
        for place, one in enumerate(message.all("PR1"), start=1)
        if one.get(3) and one.get(3) not in coded
    ]


def _words(segment: Segment, number: int) -> SentWord:
    """What a charge without a code says of itself."""
    field = 25 if segment.get(25) or segment.get(25, 2) else 7
    text = segment.get(field, 2) or segment.get(8) or segment.get(9)
    return SentWord(WordKind.SERVICE, number, segment.get(field, 3)[:80], segment.get(field)[:80], text)


def _procedure(segment: Segment) -> str:
    """CPT or HCPCS of FT1-25, else of FT1-7; empty where neither has one."""
    for field in (25, 7):
        code = segment.get(field).upper()
        if procedure_is_well_formed(code) and not OWN_SYSTEMS.fullmatch(segment.get(field, 3)):
            return code
    return ""


def _line(
    segment: Segment, where: str, diagnoses: tuple[Diagnosis, ...], told: people.Told, *, visit_day: date | None
) -> ServiceLine:
    code = _procedure(segment)
    if not code and not any(segment.get(field, part) for field in (25, 7) for part in (1, 2)):
        told.fault(f"{where}-25", "no code")
    day = people.day_of(segment.get(4)) or visit_day
    if day is None or day < OLDEST_SERVICE:
        told.fault(f"{where}-4", "no day of service since 2000")
    units = _units(segment, where, told)
    return ServiceLine(
        procedure=code,
        charge_cents=_charge(segment, where, units, told),
        units=units,
        service_date=day or OLDEST_SERVICE,
        modifiers=_modifiers(segment, where, told),
        diagnosis_pointers=_pointers(segment, diagnoses),
        providers=(party,) if (party := _provider(segment, 20, RENDERING)) else (),
    )


def _modifiers(segment: Segment, where: str, told: people.Told) -> tuple[str, ...]:
    """Two letters or digits each, at most four; another is left out with a note."""
    said = [segment.of(raw).upper() for raw in segment.repetitions(26)]
    fitting = tuple(one for one in said if re.fullmatch(r"[A-Z0-9]{2}", one))
    if len(fitting) < len(said) or len(fitting) > 4:
        told.note(f"{where}-26", "at most four modifiers of two letters or digits: the others are left out")
    return fitting[:4]


def _pointers(segment: Segment, diagnoses: tuple[Diagnosis, ...]) -> tuple[int, ...]:
    known = [one.code for one in diagnoses]
    named = [code for raw in segment.repetitions(19) if (code := _diagnosis(segment, raw)) in known]
    return tuple(known.index(code) + 1 for code in dict.fromkeys(named) if code)[:4] or ((1,) if diagnoses else ())


def _units(segment: Segment, where: str, told: people.Told) -> Decimal:
    text = segment.get(10)
    if not text:
        return Decimal(1)
    try:
        return parse_units(text)
    except NotUnits as error:
        told.fault(f"{where}-10", str(error))
        return Decimal(1)


def _charge(segment: Segment, where: str, units: Decimal, told: people.Told) -> Cents:
    """FT1-11 for all units, else FT1-12 times the quantity; nothing: the charge master prices the line."""
    for number, times in ((11, Decimal(1)), (12, units)):
        text = segment.get(number)
        if not text:
            continue
        try:
            cents = parse_cents(text) * times
        except (NotAnAmount, InvalidOperation):
            cents = Decimal(-1)
        if cents < 0 or cents != cents.to_integral_value() or cents > 10**12:
            told.fault(f"{where}-{number}", "no amount of dollars and whole cents")
            return Cents(0)
        return Cents(int(cents))
    return Cents(0)


def _providers(message: Message) -> tuple[Party, ...]:
    """FT1-20 or PV1-7 sees the patient, PV1-8 refers."""
    performed = [one for one in message.all("FT1") if one.repetitions(20)]
    visit = message.first("PV1")
    found = [_provider(performed[0], 20, RENDERING) if performed else _provider(visit, 7, RENDERING)]
    found.append(_provider(visit, 8, "DN"))
    return tuple(one for one in found if one is not None)


def _provider(segment: Segment, field_number: int, role: str) -> Party | None:
    """XCN: id ^ last ^ first; of several repetitions the one with an NPI, which may stand in the authority (XCN-9)."""
    given = [(_npi(segment, raw), raw) for raw in segment.repetitions(field_number)]
    if not given:
        return None
    npi, chosen = next((one for one in given if one[0]), given[0])
    name = Name(segment.of(chosen, 2)[:60], segment.of(chosen, 3)[:35] or None)
    return Party(role, True, name, "XX" if npi else None, npi) if npi or name.last else None


def _npi(segment: Segment, raw: str) -> str | None:
    """XCN-1, or XCN-9 as `&1234567893&NPI`."""
    authority = segment.of(raw, 9, 2) if segment.of(raw, 9, 3).upper() == "NPI" else ""
    return next((one for one in (segment.of(raw), authority) if re.fullmatch(r"[12][0-9]{9}", one)), None)
