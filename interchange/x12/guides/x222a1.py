"""005010X222A1: the professional claim (837P)."""

from collections.abc import Iterable

from interchange.x12.grammar import LoopRule, SegmentRule, loop, segment
from interchange.x12.guides.claim_loops import (
    CN1,
    DELAY_REASONS,
    K3,
    PROCEDURE_KINDS,
    billing_level,
    claim_guide,
    crc,
    drug,
    hcp,
    hi,
    other_payer,
    other_provider,
    paid_line,
    patient_level,
    provider,
    pwk,
    subscriber_level,
)
from interchange.x12.guides.rows import (
    N3,
    N3_MAYBE,
    N4,
    N4_MAYBE,
    PER_TELEPHONE,
    RELATIONSHIP,
    amt,
    dtp,
    nm1,
    per,
    procedure,
    qty,
    ref,
    ref_of_payer,
)

_CAUSES = "AA,EM,OA"


_PWK = pwk("AA,AB,AD,AF,AG,BM,EL,EM,FT,FX,NS")
_CR1 = segment("CR1", "S", 1, "?=LB ?R10 - !=A,B,C,D,E !=DH !R15 - - ?AN80 ?AN80", "P0102")
_CRC_AMBULANCE = crc("07", "01,04,05,06,07,08,09,12", 3)
_HCP = hcp("MJ,UN")


def _place(name: str, role: str, *, identified: bool, contact: Iterable[SegmentRule] = ()) -> LoopRule:
    """A location loop: service facility, ambulance pick-up or drop-off."""
    who = nm1(role, "2", "XX") if identified else nm1(role, "2", named="?")
    rows = [who, N3, N4]
    if identified:
        rows.append(ref_of_payer("0B,G2,LU", 3))
    return loop(name, "S", 1, *rows, *contact)


_OTHER_PAYER = other_payer(
    other_provider("2330C", "DN,P3", "1", most=3, repeat=2),
    other_provider("2330D", "82", "1,2", most=3),
    other_provider("2330E", "77", "2", most=3),
    other_provider("2330F", "DQ", "1", most=3),
    other_provider("2330G", "85", "1,2", most=3),
    insurance_type=True,
    signature="?=P",
)

_LINE = loop(
    "2400",
    "R",
    50,
    segment("LX", "R", 1, "!N6"),
    segment(
        "SV1",
        "R",
        1,
        f"{procedure(PROCEDURE_KINDS)} !R18 !=MJ,UN !R15 ?AN1-2 - !(!N2;?N2;?N2;?N2) - "
        "?=Y - ?=Y ?=Y - - ?=0 - - - - - -",
    ),
    segment("SV5", "S", 1, "!(!=HC;!AN48;-;-;-;-;-;-) !=DA !R15 !R18 !R18 !=1,4,6 -"),
    _PWK,
    _CR1,
    segment("CR3", "S", 1, "!=I,R,S !=MO !R15 - -"),
    _CRC_AMBULANCE,
    crc("70", "65", 1),
    crc("09", "38,ZV", 1),
    dtp("472", "R", 1, "D8,RD8"),
    *(dtp(code) for code in ("471", "607", "463", "461", "304")),
    dtp("738,739", "S", 2),
    *(dtp(code) for code in ("011", "455", "454")),
    qty("PT"),
    qty("FL"),
    segment("MEA", "S", 5, "!=OG,TR !=HT,R1,R2,R3,R4 !R20 - - - - - - - - -"),
    CN1,
    ref("9B"),
    ref("9D"),
    ref_of_payer("G1", 5),
    ref("6R"),
    ref("EW"),
    ref("X4"),
    ref("F4"),
    ref("BT"),
    ref_of_payer("9F", 5),
    amt("T"),
    amt("F4"),
    K3,
    segment("NTE", "S", 2, "!=ADD,DCP,TPO !AN80"),
    segment("PS1", "S", 1, "!AN50 !R18 -"),
    _HCP,
    drug("EN,EO,HI,N4,ON,UK,UP"),
    provider("2420A", role="82", kinds="1,2", numbers=ref_of_payer("0B,1G,G2,LU", 20), taxonomy="PE"),
    loop("2420B", "S", 1, nm1("QB", "1,2", "XX", named="-"), ref_of_payer("0B,1G,G2", 20)),
    _place("2420C", "77", identified=True),
    provider("2420D", role="DQ", kinds="1", numbers=ref_of_payer("0B,1G,G2,LU", 20)),
    loop("2420E", "S", 1, nm1("DK", "1", "XX"), N3_MAYBE, N4_MAYBE, ref_of_payer("0B,1G,G2", 20), per("S", 1)),
    provider("2420F", role="DN,P3", kinds="1", numbers=ref_of_payer("0B,1G,G2", 20), repeat=2),
    _place("2420G", "PW", identified=False),
    _place("2420H", "45", identified=False),
    paid_line(by_revenue_code=False),
    loop(
        "2440", "S", 0, segment("LQ", "R", 1, "!=AS,UT !AN30"), segment("FRM", "R", 99, "!AN20 ?=N,W,Y ?AN50 ?DT8 ?R6")
    ),
)

_CLAIM = loop(
    "2300",
    "S",
    100,
    segment(
        "CLM",
        "R",
        1,
        "!AN38 !R18 - - !(!AN2;!=B;!AN1) !=N,Y !=A,B,C !=N,W,Y !=I,Y ?=P "
        f"?(!={_CAUSES};?={_CAUSES};-;?AN2-2;?AN2-3) ?=02,03,05,09 - - - - - - - ?={DELAY_REASONS}",
    ),
    *(dtp(code) for code in ("431", "454", "304", "453", "439", "484", "455", "471")),
    dtp("314,360,361", "S", 1, "D8,RD8"),
    *(dtp(code) for code in ("297", "296", "435", "096")),
    dtp("090,091", "S", 2),
    dtp("444"),
    dtp("050"),
    _PWK,
    CN1,
    amt("F5"),
    *(ref(code) for code in ("4N", "F5", "EW", "9F", "G1", "F8", "X4", "9A", "9C", "LX", "D9", "EA", "P4", "1J")),
    K3,
    segment("NTE", "S", 1, "!=ADD,CER,DCP,DGN,TPO !AN80"),
    _CR1,
    segment("CR2", "S", 1, "- - - - - - - !=A,C,D,E,F,G,M - ?AN80 ?AN80 -"),
    _CRC_AMBULANCE,
    crc("E1,E2,E3", "L1,L2,L3,L4,L5", 3),
    crc("75", "IH", 1),
    crc("ZZ", "AV,NU,S2,ST", 1),
    hi("ABK,BK", "ABF,BF", usage="R"),
    hi("BP", "BO"),
    hi("BG", "BG", max_use=2),
    _HCP,
    loop("2310A", "S", 2, nm1("DN,P3", "1", "XX"), ref("0B,1G,G2", "S", 3)),
    provider("2310B", role="82", kinds="1,2", numbers=ref_of_payer("0B,1G,G2,LU", 20), taxonomy="PE"),
    _place("2310C", "77", identified=True, contact=[PER_TELEPHONE]),
    provider("2310D", role="DQ", kinds="1", numbers=ref_of_payer("0B,1G,G2,LU", 20)),
    _place("2310E", "PW", identified=False),
    _place("2310F", "45", identified=False),
    _OTHER_PAYER,
    _LINE,
)

_PAT_TAIL = "?=D8 ?DT8 ?=01 ?R10 ?=Y"

_CONTACT = [PER_TELEPHONE]
_PATIENT = patient_level(_CLAIM, segment("PAT", "R", 1, f"!={RELATIONSHIP} - - - {_PAT_TAIL}", "P0506 P0708"), _CONTACT)
_SUBSCRIBER = subscriber_level(
    _CLAIM,
    _PATIENT,
    insurance_type=True,
    billing_numbers=2,
    about=[segment("PAT", "S", 1, f"- - - - {_PAT_TAIL}", "P0506 P0708")],
    contact=_CONTACT,
)

GUIDE = claim_guide(
    "005010X222A1",
    billing_level(_SUBSCRIBER, kinds="1,2", tax_ids="EI,SY", numbers=[ref("0B,1G", "S", 2)]),
)
