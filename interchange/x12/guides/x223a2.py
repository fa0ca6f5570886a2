"""005010X223A2: the institutional claim (837I). 005010X223A3, which some payers name, reads by the same table."""

from interchange.x12.grammar import SegmentRule, loop, segment
from interchange.x12.guides.claim_loops import (
    CN1,
    DELAY_REASONS,
    INSTITUTIONAL_KINDS,
    K3,
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
    N4,
    RELATIONSHIP,
    amt,
    dtp,
    nm1,
    procedure,
    ref,
    ref_of_payer,
)

_PWK = pwk("AA,BM,EL,EM,FT,FX")
_HCP = hcp("DA,UN")
_NUMBERS = "0B,1G,G2,LU"
_POA = "-;-;-;-;-;-;?=N,U,W,Y"
_DAY = "!=D8;!DT8;-;-;-;-;-"
_SPAN = "!=RD8;!SP;-;-;-;-;-"
_AMOUNT = "-;-;!R18;-;-;-;-"
_MIA_SUMS = " ?R18" * 9


def _codes(kind: str, value: str = "") -> SegmentRule:
    """Up to twice twelve codes of one kind."""
    return hi(kind, kind, max_use=2, value=value)


_CLAIM_PROVIDERS = (
    provider("2310A", role="71", kinds="1", numbers=ref(_NUMBERS, "S", 4), taxonomy="AT"),
    provider("2310B", role="72", kinds="1", numbers=ref(_NUMBERS, "S", 4)),
    provider("2310C", role="ZZ", kinds="1", numbers=ref(_NUMBERS, "S", 4)),
    provider("2310D", role="82", kinds="1", numbers=ref(_NUMBERS, "S", 4)),
    loop("2310E", "S", 1, nm1("77", "2", "XX"), N3, N4, ref("0B,G2,LU", "S", 3)),
    provider("2310F", role="DN", kinds="1", numbers=ref("0B,1G,G2", "S", 3)),
)

_OTHER_PAYER = other_payer(
    other_provider("2330C", "71", "1", most=4),
    other_provider("2330D", "72", "1", most=4),
    other_provider("2330E", "ZZ", "1", most=4),
    other_provider("2330F", "77", "2", "0B,G2,LU", most=3),
    other_provider("2330G", "82", "1", most=4),
    other_provider("2330H", "DN", "1", "0B,1G,G2", most=3),
    other_provider("2330I", "85", "2", "G2,LU", most=2),
    insurance_type=False,
    signature="-",
    inpatient=[
        segment(
            "MIA",
            "S",
            1,
            f"!R15 - ?R15 ?R18 ?AN50{_MIA_SUMS} ?R15 ?R18 ?R18 ?R18 ?R18 ?AN50 ?AN50 ?AN50 ?AN50 ?R18",
        )
    ],
)

_LINE = loop(
    "2400",
    "R",
    999,
    segment("LX", "R", 1, "!N6"),
    segment("SV2", "R", 1, f"!AN48 {procedure(INSTITUTIONAL_KINDS, '?')} !R18 !=DA,UN !R15 - ?R18 - - -"),
    _PWK,
    dtp("472", forms="D8,RD8"),
    ref("6R"),
    ref("9B"),
    ref("9D"),
    amt("GT"),
    amt("N8"),
    segment("NTE", "S", 1, "!=TPO !AN80"),
    _HCP,
    drug("N4"),
    provider("2420A", role="72", kinds="1", numbers=ref_of_payer(_NUMBERS, 20)),
    provider("2420B", role="ZZ", kinds="1", numbers=ref_of_payer(_NUMBERS, 20)),
    provider("2420C", role="82", kinds="1", numbers=ref_of_payer(_NUMBERS, 20)),
    provider("2420D", role="DN", kinds="1", numbers=ref_of_payer("0B,1G,G2", 20)),
    paid_line(by_revenue_code=True),
)

_CLAIM = loop(
    "2300",
    "S",
    100,
    segment(
        "CLM",
        "R",
        1,
        f"!AN38 !R18 - - !(!AN2;!=A;!AN1) - !=A,B,C !=N,W,Y !=I,Y - - - - - - - - - - ?={DELAY_REASONS}",
    ),
    segment("DTP", "S", 1, "!=096 !=TM !TM4-8"),
    dtp("434", "R", 1, "D8,RD8"),
    segment("DTP", "S", 1, "!=435 !=D8,DT !DH", "F0203"),
    dtp("050"),
    segment("CL1", "R", 1, "!AN1-1 ?AN1-1 !AN2 -"),
    _PWK,
    CN1,
    amt("F3"),
    *(ref(code) for code in ("4N", "9F", "G1", "F8", "9A", "9C")),
    ref("LX", "S", 5),
    *(ref(code) for code in ("D9", "LU", "EA", "P4", "G4")),
    K3,
    segment("NTE", "S", 11, "!=ADD,ALG,DCP,DGN,DME,MED,NTR,ODT,RHB,RLH,RNH,SET,SFM,SPT,UPI !AN80"),
    crc("ZZ", "AV,NU,S2,ST", 1),
    hi("ABK,BK", usage="R", value=_POA),
    hi("ABJ,BJ"),
    hi("APR,PR", "APR,PR", most=3),
    hi("ABN,BN", "ABN,BN", value=_POA),
    hi("DR"),
    hi("ABF,BF", "ABF,BF", max_use=2, value=_POA),
    hi("BBR,BR,CAH", value=_DAY),
    hi("BBQ,BQ", "BBQ,BQ", max_use=2, value=_DAY),
    _codes("BI", _SPAN),
    _codes("BH", _DAY),
    _codes("BE", _AMOUNT),
    _codes("BG"),
    _codes("TC"),
    _HCP,
    *_CLAIM_PROVIDERS,
    _OTHER_PAYER,
    _LINE,
)

_SUBSCRIBER = subscriber_level(
    _CLAIM,
    patient_level(_CLAIM, segment("PAT", "R", 1, f"!={RELATIONSHIP} - - - - - - - -")),
    insurance_type=False,
    billing_numbers=1,
)

GUIDE = claim_guide("005010X223A2", billing_level(_SUBSCRIBER, kinds="2", tax_ids="EI"), also=("005010X223A3",))
