"""Claims that pass or fail an edit that knows more than the claim: tables, earlier visits, payers' answers."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from billing.authorizations import Authorization
from billing.claim import Claim, Diagnosis, OpaqueSegment, Sex
from billing.code_tables import CodeEntry, CodeOnDay, CodeSystem, CodeTables, CodeUse, Edition
from billing.coding_rules import AddOn, CodePair, CountedBy, Indicators, ProviderFacts, RuleKind, UnitLimit
from billing.coordination import LineDecision, OtherDecision, OtherPayer
from billing.edits.known import Known, PastService
from billing.eligibility import EligibilityResponse
from billing.money import Cents
from billing.noncoverage import Choice, Notice
from billing.policies import Policies, PolicyRow
from billing.remittance import Adjustment, Group
from tests.billing.edit_cases import CLEAN, at, born, covered_by, medicare
from tests.builders import CLINIC_NPI, DOCTOR_NPI, a_claim, a_line

DAY = CLEAN.lines[0].service_date
ICD10 = Edition(CodeSystem.ICD10CM, "FY2027", date(2026, 10, 1), date(2027, 9, 30))
OTHER_NPI = "1999999992"


def known(**facts: Any) -> dict[str, Any]:
    return {"known": Known(**facts)}


def ruled(**values: int) -> dict[str, Any]:
    return {"policies": Policies.of([PolicyRow(name, value, date(2000, 1, 1)) for name, value in values.items()])}


def table(code: str, description: str | None) -> CodeTables:
    entry = None if description is None else CodeEntry(code, "", description, True, ICD10.valid_from, None)
    return CodeTables({CodeUse(CodeSystem.ICD10CM, code, DAY): CodeOnDay(ICD10, entry)})


def pair(indicator: str, first: str = "20610", second: str = "20600", since: date = date(2020, 1, 1)) -> CodePair:
    return CodePair(first, second, indicator, since, None)


def paired(*pairs: CodePair) -> dict[str, Any]:
    return known(pairs=pairs, loaded=frozenset({RuleKind.PAIRS}))


def two(*modifiers: str, filing: str = "MB") -> Claim:
    lines = a_line("20610"), a_line("20600", modifiers=modifiers)
    return medicare(*lines) if filing == "MB" else a_claim(*lines)


def limited(units: int, by: CountedBy, procedure: str = "97110") -> dict[str, Any]:
    return known(limits={procedure: UnitLimit(procedure, units, by)})


def times(units: int, *more: int) -> Claim:
    return a_claim(*(a_line("97110", units=Decimal(one), modifiers=("GP",)) for one in (units, *more)))


def adds(kind: str, primary: str) -> dict[str, Any]:
    return known(add_ons={"11045": [AddOn("11045", kind, primary, date(2020, 1, 1), None)]})


def facts(procedure: str, *, components: str = "0", days: str = "XXX", bilateral: str = "0") -> dict[str, Any]:
    return known(indicators={procedure: Indicators(procedure, "A", components, days, "0", bilateral)})


def before(
    procedure: str, day: date = date(2025, 1, 2), rendering: str = DOCTOR_NPI, billing: str = CLINIC_NPI
) -> dict[str, Any]:
    return known(past=[PastService(day, procedure, (), billing, rendering, CLEAN.coverage.payer.id)])


def registry(npi: str, *, is_person: bool | None, gone: date | None = None, back: date | None = None) -> dict[str, Any]:
    return known(providers={npi: ProviderFacts(npi, is_person, gone, back)})


def answered(last: str, birth: date | None = None) -> dict[str, Any]:
    name = replace(CLEAN.subscriber.name, last=last)
    payer = CLEAN.coverage.payer
    answer = EligibilityResponse("R1", payer, "ABC123456", subscriber_name=name, birth_date=birth, benefits=())
    return known(answer=answer)


def other(place: str, decision: OtherDecision | None = None, filing: str = "CI") -> OtherPayer:
    payer = replace(CLEAN.coverage.payer, id="88888")
    coverage = replace(CLEAN.coverage, payer=payer, responsibility=place, filing_indicator=filing)
    return OtherPayer(coverage, CLEAN.subscriber, decision)


def decided(paid: int, contractual: int) -> OtherDecision:
    line = LineDecision(
        1, "88888", Cents(paid), "99213", adjustments=(Adjustment(Group.CONTRACTUAL, "45", Cents(contractual)),)
    )
    return OtherDecision("P", "88888", Cents(paid), lines=(line,))


def beside(*others: OtherPayer) -> dict[str, Any]:
    return known(others=others)


SECOND = covered_by(responsibility="S")
AUTHORIZED = replace(CLEAN, authorization="A77")
HELD = Authorization(
    "A77", date(2026, 1, 1), date(2026, 12, 31), frozenset({"99213"}), Decimal(2), Decimal(1), DOCTOR_NPI
)


def held(**changes: Any) -> dict[str, Any]:
    return known(authorizations=[replace(HELD, **changes)], lines_to_authorize=frozenset({1}))


def drug(*segments: tuple[str, ...], filing: str | None = None) -> Claim:
    line = a_line("J1885", other_segments=tuple(OpaqueSegment("2410", one) for one in segments))
    claim = a_claim(line)
    return replace(claim, coverage=replace(claim.coverage, filing_indicator=filing))


LIN, CTP = ("LIN", "", "N4", "00409379501"), ("CTP", "", "", "", "2", "UN")


def laboratory(number: str | None, *modifiers: str, filing: str = "MB") -> Claim:
    segments = () if number is None else (OpaqueSegment("2300", ("REF", "X4", number)),)
    claim = medicare(a_line("85025", modifiers=modifiers))
    coverage = replace(claim.coverage, filing_indicator=filing)
    return replace(claim, other_segments=segments, coverage=coverage)


def diagnosed(*codes: str, **changes: Any) -> Claim:
    return replace(a_claim(diagnoses=tuple(Diagnosis(one) for one in codes)), **changes)


OF_THE_RIGHT = a_claim(a_line("20610", modifiers=("RT",)), diagnoses=(Diagnosis("M1711"),))
SAME_DAY = [PastService(DAY, "11042", (), CLINIC_NPI, DOCTOR_NPI, "99999")]


def noticed(choice: Choice) -> dict[str, Any]:
    notice = Notice(frozenset({"99213"}), choice, date(2026, 10, 20))
    return known(lines_to_notice={1: "too often"}, notices=(notice,))


OWN_LIMIT = {"policies": Policies.of([PolicyRow("filing_limit_days", 90, date(2000, 1, 1), "p", "payer")])}
LATE = datetime(2027, 10, 22, tzinfo=UTC)

PASSES: list[tuple[str, Claim, dict[str, Any]]] = [
    ("P02", CLEAN, registry(DOCTOR_NPI, is_person=True)),
    ("P02", CLEAN, registry(DOCTOR_NPI, is_person=True, gone=date(2027, 1, 1))),
    ("P02", CLEAN, registry(DOCTOR_NPI, is_person=None, gone=date(2026, 1, 1), back=date(2026, 5, 1))),
    ("P07", CLEAN, {}),
    ("S03", CLEAN, answered(CLEAN.subscriber.name.last.lower(), CLEAN.subscriber.birth_date)),
    ("S08", CLEAN, beside(other("S"))),
    ("S08", SECOND, beside(other("P", decided(10000, 5000)))),
    ("S09B", medicare(a_line()), beside(other("S", filing="MC"))),
    ("S11", CLEAN, {}),
    ("S11", covered_by(group_number="G1"), ruled(needs_group_number=1)),
    ("A01", CLEAN, {}),
    ("A01", AUTHORIZED, held()),
    ("A01", AUTHORIZED, known(lines_to_authorize=frozenset({1}))),
    ("A02", replace(CLEAN, referral="R1"), ruled(needs_referral=1)),
    ("A03", medicare(a_line()), {}),
    ("A03", medicare(a_line(modifiers=("GZ",))), known(lines_to_notice={1: "too often"})),
    ("A03B", medicare(a_line(modifiers=("GA",))), noticed(Choice.BILL_MEDICARE)),
    ("A02B", CLEAN, {}),
    ("A02B", replace(covered_by(filing_indicator="HM"), referral="R1"), {}),
    ("D03", CLEAN, {}),
    ("D03", CLEAN, known(tables=table("J069", "Acute upper respiratory infection, unspecified"))),
    ("D04", diagnosed("S52501A", "T8610", "Z23"), {}),
    ("D06", diagnosed("E109", "J069"), known(exclusions=[("E109", "E119")])),
    ("D07", diagnosed("Z0000", "P0700"), {}),
    ("D08", OF_THE_RIGHT, known(tables=table("M1711", "Unilateral primary osteoarthritis, right knee"))),
    ("D08", OF_THE_RIGHT, {}),
    ("C04", two("59"), paired(pair("1"))),
    ("C04", two(), paired(pair("9"))),
    ("C04", two(), paired(pair("1", since=date(2027, 1, 1)))),
    ("C05", times(4), limited(4, CountedBy.LINE)),
    ("C05", times(4, 4), limited(4, CountedBy.LINE)),
    ("C05B", times(2, 2), limited(4, CountedBy.DAY)),
    ("C06", a_claim(a_line("11042"), a_line("11045")), adds("1", "11042")),
    ("C06", a_claim(a_line("11045")), {"known": replace(adds("1", "11042")["known"], past=SAME_DAY)}),
    ("C07B", a_claim(a_line("99213", modifiers=("25",)), a_line("20610")), {}),
    ("C07B", a_claim(a_line("99213"), a_line("36415")), {}),
    ("C07B", a_claim(a_line("99213"), a_line("20610")), facts("20610", days="XXX")),
    ("C08", two("59"), paired(pair("1"))),
    ("C08", two("59"), {}),
    ("C09B", a_claim(a_line("71046", modifiers=("26",))), facts("71046", components="1")),
    ("C09C", at("22", line="71046", modifiers=("26",)), {}),
    ("C09C", at("22", line="77001"), facts("77001", components="2")),
    ("C10B", a_claim(a_line("20610", modifiers=("50",))), facts("20610", bilateral="3")),
    ("C11", a_claim(a_line("99203")), before("99213", date(2023, 10, 20))),
    ("C11", a_claim(a_line("99203")), before("85025")),
    ("C11B", a_claim(a_line("99203")), before("99213", rendering=OTHER_NPI, billing=OTHER_NPI)),
    ("C15", a_claim(a_line("58100")), {}),
    ("C15", a_claim(a_line("55700", modifiers=("KX",))), {}),
    ("C18", drug(LIN, CTP), {}),
    ("C18B", drug(LIN, CTP, filing="MC"), {}),
    ("C18B", drug(filing="CI"), {}),
    ("C18C", medicare(a_line("J1885", modifiers=("JZ",))), {}),
    ("C19", laboratory("36D0123456"), {}),
    ("C19B", laboratory("36D0123456"), {}),
    ("C19B", laboratory(None, "90"), {}),
    ("C19B", laboratory(None, filing="CI"), {}),
    ("M01B", CLEAN, {}),
    ("T02B", CLEAN, {}),
    ("T02", replace(CLEAN, delay_reason="7"), {"at": LATE} | OWN_LIMIT),
    ("U01", CLEAN, before("99213", DAY, rendering=OTHER_NPI)),
    ("U01", a_claim(a_line(modifiers=("76",))), before("99213", DAY)),
    ("U01", a_claim(frequency="7", original_reference="ICN1"), before("99213", DAY)),
    ("U01B", a_claim(a_line(), a_line(modifiers=("76",))), {}),
    ("U03", SECOND, beside(other("P", decided(10000, 5000)))),
    ("U03", CLEAN, beside(other("S", decided(1, 1)))),
]

FAILS: list[tuple[str, Claim, dict[str, Any], str]] = [
    ("P02", CLEAN, registry(DOCTOR_NPI, is_person=None, gone=date(2026, 1, 1)), "provider.82.npi"),
    ("P02", CLEAN, registry(CLINIC_NPI, is_person=True), "billing_provider.npi"),
    ("P07", CLEAN, known(enrolment_gap="not enrolled"), "payer_id"),
    ("S03", CLEAN, answered("ROE"), "subscriber.last_name"),
    ("S03", CLEAN, answered(CLEAN.subscriber.name.last, date(1981, 1, 1)), "subscriber.birth_date"),
    ("S08", CLEAN, beside(other("P")), "responsibility"),
    ("S08", SECOND, {}, "responsibility"),
    ("S08", SECOND, beside(other("P")), "responsibility"),
    ("S09B", medicare(a_line()), beside(other("S")), "insurance_type"),
    ("S11", CLEAN, ruled(needs_group_number=1), "group_number"),
    ("A01", CLEAN, known(lines_to_authorize=frozenset({1})), "authorization"),
    ("A01", AUTHORIZED, held(procedures=frozenset({"99214"})), "line.1.procedure"),
    ("A01", AUTHORIZED, held(valid_to=date(2026, 10, 19)), "line.1.service_date"),
    ("A01", AUTHORIZED, held(used=Decimal(2)), "authorization"),
    ("A01", AUTHORIZED, held(provider_npi=OTHER_NPI), "authorization"),
    ("A02", CLEAN, ruled(needs_referral=1), "referral"),
    ("A03", medicare(a_line()), known(lines_to_notice={1: "too often"}), "line.1.modifiers"),
    ("A03", medicare(a_line()), noticed(Choice.PAY_ALONE), "line.1.modifiers"),
    ("A03B", medicare(a_line(modifiers=("GA",))), {}, "line.1.modifiers"),
    ("A03B", medicare(a_line(modifiers=("GA",))), noticed(Choice.DECLINED), "line.1.modifiers"),
    ("A02B", covered_by(filing_indicator="HM"), {}, "referral"),
    ("D03", CLEAN, known(tables=table("J069", None)), "diagnoses"),
    ("D04", diagnosed("S52501"), {}, "diagnoses"),
    ("D06", diagnosed("E109", "E119"), known(exclusions=[("E109", "E119")]), "diagnoses"),
    ("D07", diagnosed("Z00110"), {}, "diagnoses"),
    ("D07", diagnosed("O0900", patient=replace(born(date(1980, 1, 1)), sex=Sex.MALE)), {}, "diagnoses"),
    ("D07", diagnosed("Z0000", patient=born(date(2020, 1, 1))), {}, "diagnoses"),
    ("D08", OF_THE_RIGHT, known(tables=table("M1711", "Osteoarthritis, left knee")), "line.1.modifiers"),
    ("C04", two(), paired(pair("0")), "line.2.procedure"),
    ("C04", two("59"), paired(pair("0")), "line.2.procedure"),
    ("C04", two(), paired(pair("1")), "line.2.modifiers"),
    ("C05", times(5), limited(4, CountedBy.LINE), "line.1.units"),
    ("C05", times(3, 2), limited(4, CountedBy.DAY_ABSOLUTE), "line.2.units"),
    ("C05B", times(3, 2), limited(4, CountedBy.DAY), "line.2.units"),
    ("C06", a_claim(a_line("99213"), a_line("11045")), adds("1", "11042"), "line.2.procedure"),
    ("C06", a_claim(a_line("11045")), adds("2", "CCCCC"), "line.1.procedure"),
    ("C07B", a_claim(a_line("99213"), a_line("20610")), {}, "line.1.modifiers"),
    ("C08", a_claim(a_line("20610", modifiers=("59",))), paired(), "line.1.modifiers"),
    ("C09B", a_claim(a_line("99213", modifiers=("26",))), facts("99213"), "line.1.modifiers"),
    ("C09C", at("22", line="71046"), {}, "line.1.modifiers"),
    ("C10B", a_claim(a_line("99213", modifiers=("50",))), facts("99213"), "line.1.modifiers"),
    ("S06", replace(CLEAN, patient=born(date(1990, 1, 1))), {}, "relationship"),
    ("C21", a_claim(a_line(modifiers=("GA", "GX"))), {}, "line.1.modifiers"),
    ("U02", a_claim(frequency="7", original_reference="ICN1"), ruled(takes_replacements=0), "frequency"),
    ("X01", covered_by(group_number="1" * 51), {}, "group_number"),
    ("X01", replace(CLEAN, referral="1" * 51), {}, "referral"),
    ("C11", a_claim(a_line("99203")), before("99213"), "line.1.procedure"),
    ("C11B", a_claim(a_line("99203")), before("99213", rendering=OTHER_NPI), "line.1.procedure"),
    ("C15", a_claim(a_line("55700")), {}, "line.1.procedure"),
    ("C18", drug(("LIN", "", "N4", "0409379501"), CTP), {}, "line.1.ndc"),
    ("C18", drug(LIN), {}, "line.1.ndc"),
    ("C18", drug(LIN, ("CTP", "", "", "", "0", "UN")), {}, "line.1.ndc"),
    ("C18B", drug(filing="MC"), {}, "line.1.ndc"),
    ("C18C", medicare(a_line("J1885", modifiers=("JW", "JZ"))), {}, "line.1.modifiers"),
    ("C19", laboratory("36X0123456"), {}, "clia"),
    ("C19B", laboratory(None), {}, "clia"),
    ("M01B", CLEAN, ruled(line_charge_limit_cents=100), "line.1.charge"),
    ("T02B", CLEAN, {"at": datetime(2027, 10, 10, tzinfo=UTC)}, "service_date"),
    ("T02B", CLEAN, {"at": LATE}, "service_date"),
    ("T02", CLEAN, {"at": LATE} | OWN_LIMIT, "delay_reason"),
    ("U01", CLEAN, before("99213", DAY), "line.1.procedure"),
    ("U01B", a_claim(a_line(), a_line()), {}, "line.2.procedure"),
    ("U03", SECOND, beside(other("P", decided(10000, 4999))), "charge"),
]
