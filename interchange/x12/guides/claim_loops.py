"""Loops that the claim guides share (837P and 837I): described once, with what differs as parameters."""

from collections.abc import Iterable

from interchange.x12.grammar import Guide, LoopRule, SegmentRule, loop, segment
from interchange.x12.guides.rows import (
    FILING_INDICATOR,
    N3,
    N3_MAYBE,
    N4,
    N4_MAYBE,
    QUALIFIERS,
    RELATIONSHIP,
    RESPONSIBILITY,
    SE,
    SECONDARY_TYPE,
    amt,
    cas,
    dtp,
    hl,
    nm1,
    per,
    procedure,
    ref,
    st,
)

PROCEDURE_KINDS = "ER,HC,IV,WK"
INSTITUTIONAL_KINDS = f"{PROCEDURE_KINDS},HP"
DELAY_REASONS = "1,2,3,4,5,6,7,8,9,10,11,15"

CN1 = segment("CN1", "S", 1, "!AN2-2 ?R18 ?R6 ?AN50 ?R6 ?AN30")
K3 = segment("K3", "S", 10, "!AN80 - -")
_DMG_ROW = "!=D8 !DT8 !=F,M,U"


# Segments ---------------------------------------------------------------------------------------------------------


def hi(
    first: str, others: str = "", *, usage: str = "S", max_use: int = 1, most: int = 12, value: str = ""
) -> SegmentRule:
    """HI: codes of the claim. `first` qualifies the first composite, `others` up to `most` in all; `value` is the
    tail of a composite after its code, a qualifier and a code alone when empty."""
    tail = value or "-;-;-;-;-;-;-"
    words = [f"!(!={first};!AN30;{tail})"] + [f"?(!={others};!AN30;{tail})"] * (most - 1 if others else 0)
    return segment("HI", usage, max_use, " ".join(words))


def crc(category: str, codes: str, max_use: int) -> SegmentRule:
    """CRC: up to five conditions of one category."""
    return segment("CRC", "S", max_use, f"!={category} !=N,Y !={codes}" + f" ?={codes}" * 4)


def pwk(transmissions: str) -> SegmentRule:
    """PWK: an attachment; `transmissions` are the ways it may come (PWK02)."""
    return segment("PWK", "S", 10, f"!AN2-2 !={transmissions} - - ?=AC ?AN2-80 - - -", "P0506")


def hcp(units: str) -> SegmentRule:
    """HCP: what a repricer made of the charge; `units` are the codes of HCP11."""
    row = f"!AN2-2 !R18 ?R18 ?AN50 ?R9 ?AN50 ?R18 ?AN48 ?AN2-2 ?AN48 ?={units} ?R15 ?AN2-2 ?AN1-2 ?AN1-2"
    return segment("HCP", "S", 1, row)


def _sbr(relationship: str, *, insurance_type: bool) -> SegmentRule:
    secondary = f"?={SECONDARY_TYPE}" if insurance_type else "-"
    row = f"!={RESPONSIBILITY} {relationship} ?AN50 ?AN60 {secondary} - - - ?={FILING_INDICATOR}"
    return segment("SBR", "R", 1, row)


# Loops of the claim -----------------------------------------------------------------------------------------------


def provider(
    name: str, *, role: str, kinds: str, numbers: SegmentRule, repeat: int = 1, taxonomy: str = ""
) -> LoopRule:
    """A provider of the claim (2310) or the line (2420); `taxonomy` is PRV01 where PRV may come."""
    rows = [nm1(role, kinds, "XX")]
    if taxonomy:
        rows.append(segment("PRV", "S", 1, f"!={taxonomy} !=PXC !AN50 - - -"))
    return loop(name, "S", repeat, *rows, numbers)


def other_provider(
    name: str, role: str, kinds: str, numbers: str = "0B,1G,G2,LU", *, most: int, repeat: int = 1
) -> LoopRule:
    """A provider as another payer numbers it (2330); `most` is how many numbers it may have."""
    return loop(name, "S", repeat, nm1(role, kinds, named="-"), ref(numbers, "R", most))


def other_payer(
    *providers: LoopRule, insurance_type: bool, signature: str, inpatient: Iterable[SegmentRule] = ()
) -> LoopRule:
    """Another payer of the claim (2320, 2330): `signature` is the row of OI04, `inpatient` an MIA."""
    return loop(
        "2320",
        "S",
        10,
        _sbr(f"!={RELATIONSHIP}", insurance_type=insurance_type),
        cas("CO,CR,OA,PI,PR", 5),
        amt("D"),
        amt("A8"),
        amt("EAF"),
        segment("OI", "R", 1, f"- - !=N,W,Y {signature} - !=I,Y"),
        *inpatient,
        segment("MOA", "S", 1, "?R10 ?R18 ?AN50 ?AN50 ?AN50 ?AN50 ?AN50 ?R18 ?R18"),
        loop("2330A", "R", 1, nm1("IL", "1,2", "II,MI", id_usage="!"), N3_MAYBE, N4_MAYBE, ref("SY", "S", 2)),
        loop(
            "2330B",
            "R",
            1,
            nm1("PR", "2", "PI,XV", id_usage="!"),
            N3_MAYBE,
            N4_MAYBE,
            dtp("573"),
            ref("2U,EI,FY,NF", "S", 2),
            ref("G1"),
            ref("9F"),
            ref("T4"),
            ref("F8"),
        ),
        *providers,
    )


def drug(kinds: str) -> LoopRule:
    """A drug of the line (2410); `kinds` are the codes of LIN02."""
    return loop(
        "2410",
        "S",
        1,
        segment("LIN", "R", 1, f"- !={kinds} !AN48"),
        segment("CTP", "R", 1, "- - - !R15 !(!=F2,GR,ME,ML,UN)"),
        ref("VY,XZ"),
    )


def paid_line(*, by_revenue_code: bool) -> LoopRule:
    """What another payer paid for the line (2430); an institutional line is named by its revenue code."""
    service = f"{procedure(INSTITUTIONAL_KINDS, '?')} !AN48" if by_revenue_code else f"{procedure(PROCEDURE_KINDS)} -"
    return loop(
        "2430",
        "S",
        15,
        segment("SVD", "R", 1, f"!AN2-80 !R18 {service} !R15 ?N6"),
        cas("CO,CR,OA,PI,PR", 5),
        dtp("573", "R"),
        amt("EAF"),
    )


# The tree above the claim -----------------------------------------------------------------------------------------


def patient_level(claim: LoopRule, about: SegmentRule, contact: Iterable[SegmentRule] = ()) -> LoopRule:
    """A patient who is not the subscriber (2000C); `about` is the PAT, `contact` the PER."""
    return loop(
        "2000C",
        "S",
        0,
        hl("23", child="0"),
        about,
        loop(
            "2010CA",
            "R",
            1,
            nm1("QC", "1"),
            N3,
            N4,
            segment("DMG", "R", 1, _DMG_ROW),
            ref("Y4"),
            ref("1W,SY"),
            *contact,
        ),
        claim,
    )


def subscriber_level(
    *below: LoopRule,
    insurance_type: bool,
    billing_numbers: int,
    about: Iterable[SegmentRule] = (),
    contact: Iterable[SegmentRule] = (),
) -> LoopRule:
    """Subscriber and destination payer (2000B), and `below` the claim and the patients.

    `billing_numbers` is how many numbers the payer may have given the billing provider; `about` and `contact` are the
    PAT and PER of the subscriber.
    """
    rows = [segment("DMG", "S", 1, _DMG_ROW), ref("SY"), ref("Y4"), *contact]
    return loop(
        "2000B",
        "R",
        0,
        hl("22"),
        _sbr("?=18", insurance_type=insurance_type),
        *about,
        loop("2010BA", "R", 1, nm1("IL", "1,2", "II,MI"), N3_MAYBE, N4_MAYBE, *rows),
        loop(
            "2010BB",
            "R",
            1,
            nm1("PR", "2", "PI,XV", id_usage="!"),
            N3_MAYBE,
            N4_MAYBE,
            ref("2U,EI,FY,NF", "S", 3),
            ref("G2,LU", "S", billing_numbers),
        ),
        *below,
    )


def billing_level(subscriber: LoopRule, *, kinds: str, tax_ids: str, numbers: Iterable[SegmentRule] = ()) -> LoopRule:
    """Billing provider, pay-to address and pay-to plan (2000A): `kinds` are the codes of NM102, `tax_ids` those of the
    tax id's REF, `numbers` more REF."""
    return loop(
        "2000A",
        "R",
        0,
        hl("20", parent=False, child="1"),
        segment("PRV", "S", 1, "!=BI !=PXC !AN50 - - -"),
        segment("CUR", "S", 1, "!=85 !AN3-3"),
        loop("2010AA", "R", 1, nm1("85", kinds, "XX"), N3, N4, ref(tax_ids, "R"), *numbers, per("S", 2)),
        loop("2010AB", "S", 1, nm1("87", kinds, named="-"), N3, N4),
        loop("2010AC", "S", 1, nm1("PE", "2", "PI,XV", id_usage="!"), N3, N4, ref("2U,FY,NF"), ref("EI", "R")),
        subscriber,
    )


def claim_guide(version: str, billing: LoopRule, *, also: tuple[str, ...] = ()) -> Guide:
    """A guide of claims: header, submitter, receiver, billing providers. `also` names other versions it is read for."""
    header = segment("BHT", "R", 1, "!=0019 !=00,18 !AN50 !DT8 !TM4-8 !=31,CH,RP")
    submitter = loop("1000A", "R", 1, nm1("41", "1,2", "46", id_usage="!", suffixed=False), per("R", 2))
    receiver = loop("1000B", "R", 1, nm1("40", "2", "46", id_usage="!"))
    return Guide(
        version,
        "837",
        loop("ST", "R", 1, st("837"), header, submitter, receiver, billing, SE),
        qualifiers=QUALIFIERS,
        claim=("CLM", "2300"),
        also=also,
    )
