"""Batches of professional claims (837P) drawn from a seed: every field of the nouns, and most of what stays opaque.

Without five things that x12sdk refuses though the guide has them: a second 2310A, REF of a supervising provider, 2420B,
2420G, and a second 2430 on a line.
"""

import dataclasses
from decimal import Decimal

from billing.claim import (
    Claim,
    ClaimBatch,
    Coverage,
    Diagnosis,
    OpaqueSegment,
    Party,
    Person,
    Reference,
    ServiceLine,
    Sex,
)
from billing.money import Cents, format_amount
from tests.interchange.draw import Draw, shares

TAXONOMIES = ("207Q00000X", "208D00000X", "363L00000X")
DIAGNOSES = ("J069", "I10", "E119", "M545", "R51", "Z0000", "K219", "F411", "N390", "S93401A", "H6690", "L309")
PROCEDURES = ("99213", "99214", "36415", "J1885", "A0425", "87880", "G0438")
MODIFIERS = ("25", "GT", "59", "LT", "QW")
RELATIONSHIPS = ("01", "19", "20", "21", "39", "40", "53", "G8")
CLAIM_SEGMENTS = (
    "DTP*431*D8*20251201",
    "DTP*484*D8*20251130",
    "DTP*435*D8*20251202",
    "DTP*096*D8*20251205",
    "PWK*AS*EL***AC*ATT1",
    "CN1*02*150.5",
    "REF*4N*3",
    "REF*EW*MAM1",
    "REF*X4*16D0123456",
    "REF*EA*CHART 7",
    "K3*STATE DATA",
    "NTE*ADD*A NOTE, AND MORE",
    "CR1*LB*140**A*DH*12***ROUND TRIP*STRETCHER",
    "CRC*07*Y*01*04",
    "CRC*ZZ*Y*AV",
    "HI*BP:33361",
    "HI*BG:17",
)
"""Of loop 2300, in the guide's order"""
LINE_SEGMENTS = (
    "PWK*OZ*BM***AC*ATT2",
    "CR3*I*MO*12",
    "DTP*471*D8*20251201",
    "DTP*304*D8*20251120",
    "QTY*PT*2",
    "MEA*TR*R1*11.4",
    "REF*G1*AUTH7",
    "REF*X4*16D0123456",
    "REF*BT*LOT9",
    "AMT*T*1.5",
    "K3*LINE DATA",
    "NTE*ADD*LINE NOTE",
    "PS1*PURCH1*12.25",
)
"""Of loop 2400, in the guide's order"""
DRUG = ("LIN**N4*00409401201", "CTP****2.5*ML", "REF*XZ*RX7")


def batch(draw: Draw) -> ClaimBatch:
    """One ST: some billing providers with some subscribers with some claims each, and now and then one long claim."""
    reference, created = draw.number(30, 1), draw.day()
    claims = [claim for _ in range(draw.randint(1, 2)) for claim in _of_provider(draw)]
    return ClaimBatch(
        submitter=_submitter(draw),
        receiver=draw.party("40", qualifier="46"),
        reference=reference,
        created=created,
        created_time=draw.time(),
        purpose=draw.choice(("00", "18")),
        kind=draw.choice(("CH", "RP")),
        claims=tuple(claims),
    )


def _submitter(draw: Draw) -> Party:
    found = draw.party("41", is_person=draw.seldom(), qualifier="46", contact=draw.contact())
    return dataclasses.replace(found, name=dataclasses.replace(found.name, suffix=None))


def _of_provider(draw: Draw) -> list[Claim]:
    """Claims of one billing provider, neighbours under the same subscriber and patient among them."""
    is_person = draw.seldom()
    tax_id = Reference("SY" if is_person and draw.seldom() else "EI", draw.digits(9))
    billing = draw.party(
        "85",
        is_person=is_person,
        taxonomy=draw.maybe(lambda: draw.choice(TAXONOMIES)),
        address=draw.address(),
        references=(tax_id, *draw.references(("0B", "1G"), 2 if draw.seldom() else 0)),
        contact=draw.maybe(draw.contact),
    )
    pay_to = draw.maybe(lambda: Party("87", is_person, draw.name(is_person=False), address=draw.address()), 0.3)
    if pay_to:
        pay_to = dataclasses.replace(pay_to, name=dataclasses.replace(pay_to.name, last=""))
    above = _opaque("2000A", "CUR*85*USD") if draw.seldom() else ()
    claims = []
    for _ in range(draw.randint(1, 3)):
        others = draw.choice((0, 0, 1, 2))
        coverage, subscriber = _coverage(draw, others)
        for _ in range(draw.randint(1, 2)):
            patient = subscriber if coverage.is_self else _person(draw, is_person=True)
            for _ in range(draw.randint(1, 2)):
                one = _claim(draw, billing, pay_to, coverage, subscriber, patient, others)
                claims.append(dataclasses.replace(one, other_segments=(*above, *one.other_segments)))
    return claims


def _coverage(draw: Draw, others: int) -> tuple[Coverage, Person]:
    is_self = draw.often()
    is_person = is_self or draw.often()
    payer = draw.party(
        "PR",
        qualifier=draw.choice(("PI", "XV")),
        address=draw.maybe(draw.address),
        references=draw.references(("2U", "FY", "NF"), 1) + draw.references(("G2", "LU"), 1),
    )
    coverage = Coverage(
        payer,
        draw.number(20),
        responsibility="PST"[others],
        relationship="18" if is_self else draw.choice(RELATIONSHIPS),
        group_number=draw.maybe(lambda: draw.number(50)),
        insurance_type="12" if others and draw.seldom() else None,
        filing_indicator=draw.choice(("MB", "MC", "CI", "BL", "HM", "12", "WC")),
        member_id_qualifier="MI" if draw.often() else "II",
    )
    if coverage.group_number is None and draw.often():
        coverage = dataclasses.replace(coverage, group_name=draw.word(60))
    return coverage, _person(draw, is_person=is_person)


def _person(draw: Draw, *, is_person: bool) -> Person:
    return Person(
        draw.name(is_person=is_person),
        draw.birth(),
        draw.choice(list(Sex)),
        draw.address(),
        (Reference("SY", draw.digits(9)), *draw.references(("Y4",), 1)) if draw.seldom() else (),
        is_person=is_person,
    )


def _claim(
    draw: Draw,
    billing: Party,
    pay_to: Party | None,
    coverage: Coverage,
    subscriber: Person,
    patient: Person,
    others: int,
) -> Claim:
    charges = [draw.cents() for _ in range(50 if draw.random() < 0.02 else draw.randint(1, 5))]
    diagnoses = tuple(
        Diagnosis(code, "ABF" if at else "ABK")
        for at, code in enumerate(draw.sample(DIAGNOSES, 12 if draw.seldom() else draw.randint(1, 4)))
    )
    lines = tuple(_line(draw, charge, len(diagnoses)) for charge in charges)
    frequency = draw.choice("1178")
    head = draw.some(CLAIM_SEGMENTS, 4) if draw.often() else ()
    opaque = tuple(one for text in head for one in _opaque("2300", text))
    for number in range(others):
        rows, lines = _other_payer(
            draw, lines, draw.choice(("none", "claim", "line") if number == 0 else ("none", "claim"))
        )
        opaque += rows
    return Claim(
        control_number=draw.number(20, 1),
        charge_cents=Cents(sum(charges)),
        billing_provider=billing,
        coverage=coverage,
        subscriber=subscriber,
        patient=patient,
        diagnoses=diagnoses,
        lines=lines,
        place_of_service=draw.choice(("11", "12", "22", "41")),
        frequency=frequency,
        provider_signature=draw.choice("YN"),
        assignment=draw.choice("ABC"),
        benefits_assigned=draw.choice("YNW"),
        release=draw.choice("YI"),
        signature_source=draw.maybe(lambda: "P", 0.3),
        accident=draw.choice(((), (), ("EM",), ("OA", "EM"), ("AA", "", "", "IA"))),
        delay_reason=draw.maybe(lambda: draw.choice(("1", "9", "15")), 0.2),
        patient_paid_cents=draw.maybe(draw.cents),
        original_reference=draw.number(50) if frequency in "78" else None,
        authorization=draw.maybe(lambda: draw.number(50), 0.3),
        referral=draw.maybe(lambda: draw.number(50), 0.3),
        clearinghouse_trace=draw.maybe(lambda: draw.number(20), 0.3),
        pay_to=pay_to,
        providers=_claim_providers(draw),
        other_segments=opaque,
    )


def _claim_providers(draw: Draw) -> tuple[Party, ...]:
    """Of loops 2310A to 2310F, in the guide's order."""
    person = draw.often()
    every = (
        draw.party(draw.choice(("DN", "P3")), is_person=True, references=draw.references(("0B", "1G", "G2"), 3)),
        draw.party(
            "82",
            is_person=person,
            taxonomy=draw.maybe(lambda: draw.choice(TAXONOMIES)),
            references=draw.references(("0B", "1G", "G2", "LU"), 4),
        ),
        draw.party(
            "77",
            address=draw.address(),
            references=draw.references(("0B", "G2", "LU"), 3),
            contact=draw.maybe(lambda: draw.contact(2)),
        ),
        draw.party("DQ", is_person=True),
        _place(draw, "PW"),
        _place(draw, "45"),
    )
    return draw.some(every, 3)


def _place(draw: Draw, role: str) -> Party:
    """Where an ambulance picks up or drops off: an address, no id; a drop-off may have a name."""
    nameless = dataclasses.replace(draw.name(is_person=False), last="")
    return Party(role, False, nameless if role == "PW" else draw.name(is_person=False), address=draw.address())


def _line(draw: Draw, charge: Cents, diagnoses: int) -> ServiceLine:
    day = draw.day()
    opaque = (
        tuple(one for text in draw.some(LINE_SEGMENTS, 3) for one in _opaque("2400", text)) if draw.seldom() else ()
    )
    if draw.seldom():
        opaque += tuple(one for text in DRUG[: draw.randint(2, 3)] for one in _opaque("2410", text))
    minutes = draw.seldom()
    return ServiceLine(
        procedure=draw.choice(PROCEDURES),
        charge_cents=charge,
        units=Decimal(draw.randint(1, 300)) if minutes else draw.quantity(),
        service_date=day,
        modifiers=tuple(draw.sample(MODIFIERS, draw.randint(0, 4))),
        diagnosis_pointers=tuple(draw.sample(range(1, diagnoses + 1), min(diagnoses, draw.randint(1, 4)))),
        service_date_to=draw.maybe(lambda: max(day, draw.day()), 0.2),
        procedure_description=draw.maybe(lambda: draw.word(80), 0.1),
        unit_basis="MJ" if minutes else "UN",
        place_of_service=draw.maybe(lambda: "12", 0.2),
        emergency=draw.maybe(lambda: "Y", 0.1),
        epsdt=draw.maybe(lambda: "Y", 0.1),
        family_planning=draw.maybe(lambda: "Y", 0.1),
        copay_status=draw.maybe(lambda: "0", 0.1),
        control_number=draw.maybe(lambda: draw.number(30)),
        providers=_line_providers(draw) if draw.seldom() else (),
        other_segments=opaque,
    )


def _line_providers(draw: Draw) -> tuple[Party, ...]:
    """Of loops 2420A to 2420H, in the guide's order."""
    every = (
        draw.party("82", is_person=True, taxonomy=draw.maybe(lambda: draw.choice(TAXONOMIES))),
        draw.party("77", address=draw.address()),
        draw.party("DQ", is_person=True),
        draw.party("DK", is_person=True, address=draw.maybe(draw.address), contact=draw.maybe(draw.contact)),
        draw.party("DN", is_person=True),
        _place(draw, "45"),
    )
    return draw.some(every, 3)


# Other payers -----------------------------------------------------------------------------------------------------


def _other_payer(
    draw: Draw, lines: tuple[ServiceLine, ...], level: str
) -> tuple[tuple[OpaqueSegment, ...], tuple[ServiceLine, ...]]:
    """Loops 2320 to 2330G of one other payer, and the lines; `level` says on what it decided, and the sums come out."""
    payer, charged = draw.number(20, 4), sum(line.charge_cents for line in lines)
    paid, adjustments = 0, []
    if level == "claim":
        paid = draw.randint(0, charged)
        adjustments = _cas(draw, charged - paid)
    elif level == "line":
        decided = [draw.randint(0, line.charge_cents) for line in lines]
        lines = tuple(_decided(draw, line, payer, sum_) for line, sum_ in zip(lines, decided, strict=True))
        paid = sum(decided)
    rows = [f"SBR*P*{draw.choice(('18', '01'))}*GRP7******{draw.choice(('CI', 'MB', 'BL'))}", *adjustments]
    if level != "none":
        rows.append(f"AMT*D*{format_amount(paid)}")
    if draw.seldom():
        rows.append("AMT*EAF*1.5")
    rows.append("OI***Y***Y")
    if draw.seldom():
        rows.append("MOA***MA01*N30")
    subscriber = ["NM1*IL*1*ROE*PAT****MI*M77", "N3*1 ELM ST", "N4*AMES*IA*50010"][: draw.choice((1, 3))]
    source = [f"NM1*PR*2*OTHER PAYER*****PI*{payer}"]
    if level == "claim":
        source.append("DTP*573*D8*20260105")
    if draw.often():
        source.append("REF*F8*CLAIM77")
    rendering = ["NM1*82*1", "REF*G2*PROV7"] if draw.seldom() else []
    loops = (("2320", rows), ("2330A", subscriber), ("2330B", source), ("2330D", rendering))
    return tuple(one for loop, texts in loops for text in texts for one in _opaque(loop, text)), lines


def _decided(draw: Draw, line: ServiceLine, payer: str, paid: int) -> ServiceLine:
    rows = [
        f"SVD*{payer}*{format_amount(paid)}*HC:{line.procedure}**1",
        *_cas(draw, line.charge_cents - paid),
        "DTP*573*D8*20260105",
    ]
    decided = tuple(one for text in rows for one in _opaque("2430", text))
    return dataclasses.replace(line, other_segments=(*line.other_segments, *decided))


def _cas(draw: Draw, whole: int) -> list[str]:
    """CAS segments of several groups and triplets that sum to `whole`; none for nothing."""
    if not whole:
        return []
    groups = shares(draw, whole, 3)
    return [
        "*".join(
            ["CAS", group, *(f"{reason}*{format_amount(part)}*" for reason, part in _reasons(draw, amount))]
        ).rstrip("*")
        for group, amount in zip(draw.sample(("CO", "PR", "OA", "PI"), len(groups)), groups, strict=True)
    ]


def _reasons(draw: Draw, amount: int) -> list[tuple[str, Cents]]:
    parts = shares(draw, amount, 6)
    return list(zip(draw.sample(("45", "1", "2", "3", "97", "B7", "23", "253"), len(parts)), parts, strict=True))


def _opaque(loop: str, text: str) -> tuple[OpaqueSegment, ...]:
    return (OpaqueSegment(loop, tuple(text.split("*"))),)
