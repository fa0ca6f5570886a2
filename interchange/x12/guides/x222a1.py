"""005010X222A1: the professional claim (837P)."""

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
    qty,
    ref,
    ref_of_payer,
    st,
)

_PROCEDURE_KINDS = "ER,HC,IV,WK"
_CAUSES = "AA,EM,OA"


def _hi(first: str, others: str, usage: str = "S", max_use: int = 1) -> SegmentRule:
    parts = "!AN30;-;-;-;-;-;-;-"
    return segment("HI", usage, max_use, f"!(!={first};{parts}) " + " ".join([f"?(!={others};{parts})"] * 11))


def _crc(category: str, codes: str, max_use: int) -> SegmentRule:
    return segment("CRC", "S", max_use, f"!={category} !=N,Y !={codes}" + f" ?={codes}" * 4)


_PWK = segment("PWK", "S", 10, "!AN2-2 !=AA,AB,AD,AF,AG,BM,EL,EM,FT,FX,NS - - ?=AC ?AN2-80 - - -", "P0506")
_CN1 = segment("CN1", "S", 1, "!AN2-2 ?R18 ?R6 ?AN50 ?R6 ?AN30")
_K3 = segment("K3", "S", 10, "!AN80 - -")
_CR1 = segment("CR1", "S", 1, "?=LB ?R10 - !=A,B,C,D,E !=DH !R15 - - ?AN80 ?AN80", "P0102")
_CRC_AMBULANCE = _crc("07", "01,04,05,06,07,08,09,12", 3)
_HCP = segment(
    "HCP", "S", 1, "!AN2-2 !R18 ?R18 ?AN50 ?R9 ?AN50 ?R18 ?AN48 ?AN2-2 ?AN48 ?=MJ,UN ?R15 ?AN2-2 ?AN1-2 ?AN1-2"
)


def _provider(name: str, *, role: str, kinds: str, refs: str, repeat: int = 1, taxonomy: bool = False) -> LoopRule:
    """A provider loop of the claim (2310) or the line (2420)."""
    rows = [nm1(role, kinds, "XX")]
    if taxonomy:
        rows.append(segment("PRV", "S", 1, "!=PE !=PXC !AN50 - - -"))
    return loop(name, "S", repeat, *rows, ref_of_payer(refs, 20))


def _place(name: str, role: str, *, identified: bool) -> LoopRule:
    """A location loop: service facility, ambulance pick-up or drop-off."""
    who = nm1(role, "2", "XX") if identified else nm1(role, "2", named="?")
    rows = [who, N3, N4]
    if identified:
        rows += [ref_of_payer("0B,G2,LU", 3), per("S", 1)]
    return loop(name, "S", 1, *rows)


def _other_provider(name: str, role: str, kinds: str, repeat: int = 1) -> LoopRule:
    """A provider as another payer numbers it (2330C-G)."""
    return loop(name, "S", repeat, nm1(role, kinds, named="-"), ref("0B,1G,G2,LU", "R", 3))


_OTHER_PAYER = loop(
    "2320",
    "S",
    10,
    segment(
        "SBR", "R", 1, f"!={RESPONSIBILITY} !={RELATIONSHIP} ?AN50 ?AN60 ?={SECONDARY_TYPE} - - - ?={FILING_INDICATOR}"
    ),
    cas("CO,CR,OA,PI,PR", 5),
    amt("D"),
    amt("A8"),
    amt("EAF"),
    segment("OI", "R", 1, "- - !=N,W,Y ?=P - !=I,Y"),
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
    _other_provider("2330C", "DN,P3", "1", 2),
    _other_provider("2330D", "82", "1,2"),
    _other_provider("2330E", "77", "2"),
    _other_provider("2330F", "DQ", "1"),
    _other_provider("2330G", "85", "1,2"),
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
        f"{procedure(_PROCEDURE_KINDS)} !R18 !=MJ,UN !R15 ?AN1-2 - !(!N2;?N2;?N2;?N2) - "
        "?=Y - ?=Y ?=Y - - ?=0 - - - - - -",
    ),
    segment("SV5", "S", 1, "!(!=HC;!AN48;-;-;-;-;-;-) !=DA !R15 !R18 !R18 !=1,4,6 -"),
    _PWK,
    _CR1,
    segment("CR3", "S", 1, "!=I,R,S !=MO !R15 - -"),
    _CRC_AMBULANCE,
    _crc("70", "65", 1),
    _crc("09", "38,ZV", 1),
    dtp("472", "R", 1, "D8,RD8"),
    *(dtp(code) for code in ("471", "607", "463", "461", "304", "011", "455", "454")),
    dtp("738,739", "S", 2),
    qty("PT"),
    qty("FL"),
    segment("MEA", "S", 5, "!=OG,TR !=HT,R1,R2,R3,R4 !R20 - - - - - - - - -"),
    _CN1,
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
    _K3,
    segment("NTE", "S", 2, "!=ADD,DCP,TPO !AN80"),
    segment("PS1", "S", 1, "!AN50 !R18 -"),
    _HCP,
    loop(
        "2410",
        "S",
        1,
        segment("LIN", "R", 1, "- !=EN,EO,HI,N4,ON,UK,UP !AN48"),
        segment("CTP", "R", 1, "- - - !R15 !(!=F2,GR,ME,ML,UN)"),
        ref("VY,XZ"),
    ),
    _provider("2420A", role="82", kinds="1,2", refs="0B,1G,G2,LU", taxonomy=True),
    loop("2420B", "S", 1, nm1("QB", "1,2", "XX", named="-"), ref_of_payer("0B,1G,G2", 20)),
    _place("2420C", "77", identified=True),
    _provider("2420D", role="DQ", kinds="1", refs="0B,1G,G2,LU"),
    loop("2420E", "S", 1, nm1("DK", "1", "XX"), N3_MAYBE, N4_MAYBE, ref_of_payer("0B,1G,G2", 20), per("S", 1)),
    _provider("2420F", role="DN,P3", kinds="1", refs="0B,1G,G2", repeat=2),
    _place("2420G", "PW", identified=False),
    _place("2420H", "45", identified=False),
    loop(
        "2430",
        "S",
        15,
        segment("SVD", "R", 1, f"!AN2-80 !R18 {procedure(_PROCEDURE_KINDS)} - !R15 ?N6"),
        cas("CO,CR,OA,PI,PR", 5),
        dtp("573", "R"),
        amt("EAF"),
    ),
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
        f"?(!={_CAUSES};?={_CAUSES};-;?AN2-2;?AN2-3) ?=02,03,05,09 - - - - - - - ?=1,2,3,4,5,6,7,8,9,10,11,15",
    ),
    *(dtp(code) for code in ("431", "454", "304", "453", "439", "484", "455", "471")),
    dtp("314,360,361", "S", 1, "D8,RD8"),
    *(dtp(code) for code in ("297", "296", "435", "096")),
    dtp("090,091", "S", 2),
    dtp("444"),
    dtp("050"),
    _PWK,
    _CN1,
    amt("F5"),
    *(ref(code) for code in ("4N", "F5", "EW", "9F", "G1", "F8", "X4", "9A", "9C", "LX", "D9", "EA", "P4", "1J")),
    _K3,
    segment("NTE", "S", 1, "!=ADD,CER,DCP,DGN,TPO !AN80"),
    _CR1,
    segment("CR2", "S", 1, "- - - - - - - !=A,C,D,E,F,G,M - ?AN80 ?AN80 -"),
    _CRC_AMBULANCE,
    _crc("E1,E2,E3", "L1,L2,L3,L4,L5", 3),
    _crc("75", "IH", 1),
    _crc("ZZ", "AV,NU,S2,ST", 1),
    _hi("ABK,BK", "ABF,BF", "R"),
    _hi("BP", "BO"),
    _hi("BG", "BG", "S", 2),
    _HCP,
    loop("2310A", "S", 2, nm1("DN,P3", "1", "XX"), ref("0B,1G,G2", "S", 3)),
    _provider("2310B", role="82", kinds="1,2", refs="0B,1G,G2,LU", taxonomy=True),
    _place("2310C", "77", identified=True),
    _provider("2310D", role="DQ", kinds="1", refs="0B,1G,G2,LU"),
    _place("2310E", "PW", identified=False),
    _place("2310F", "45", identified=False),
    _OTHER_PAYER,
    _LINE,
)

_PAT_TAIL = "?=D8 ?DT8 ?=01 ?R10 ?=Y"

_SUBSCRIBER = loop(
    "2000B",
    "R",
    0,
    hl("22"),
    segment("SBR", "R", 1, f"!={RESPONSIBILITY} ?=18 ?AN50 ?AN60 ?={SECONDARY_TYPE} - - - ?={FILING_INDICATOR}"),
    segment("PAT", "S", 1, f"- - - - {_PAT_TAIL}", "P0506 P0708"),
    loop(
        "2010BA",
        "R",
        1,
        nm1("IL", "1,2", "II,MI"),
        N3_MAYBE,
        N4_MAYBE,
        segment("DMG", "S", 1, "!=D8 !DT8 !=F,M,U"),
        ref("SY"),
        ref("Y4"),
        per("S", 1),
    ),
    loop(
        "2010BB",
        "R",
        1,
        nm1("PR", "2", "PI,XV", id_usage="!"),
        N3_MAYBE,
        N4_MAYBE,
        ref("2U,EI,FY,NF", "S", 3),
        ref("G2,LU", "S", 2),
    ),
    _CLAIM,
    loop(
        "2000C",
        "S",
        0,
        hl("23", child="0"),
        segment("PAT", "R", 1, f"!={RELATIONSHIP} - - - {_PAT_TAIL}", "P0506 P0708"),
        loop(
            "2010CA",
            "R",
            1,
            nm1("QC", "1"),
            N3,
            N4,
            segment("DMG", "R", 1, "!=D8 !DT8 !=F,M,U"),
            ref("Y4"),
            ref("1W,SY"),
            per("S", 1),
        ),
        _CLAIM,
    ),
)

GUIDE = Guide(
    "005010X222A1",
    "837",
    loop(
        "ST",
        "R",
        1,
        st("837"),
        segment("BHT", "R", 1, "!=0019 !=00,18 !AN50 !DT8 !TM4-8 !=31,CH,RP"),
        loop("1000A", "R", 1, nm1("41", "1,2", "46", id_usage="!"), per("R", 2)),
        loop("1000B", "R", 1, nm1("40", "2", "46", id_usage="!")),
        loop(
            "2000A",
            "R",
            0,
            hl("20", parent=False, child="1"),
            segment("PRV", "S", 1, "!=BI !=PXC !AN50 - - -"),
            segment("CUR", "S", 1, "!=85 !AN3-3"),
            loop(
                "2010AA", "R", 1, nm1("85", "1,2", "XX"), N3, N4, ref("EI,SY", "R"), ref("0B,1G", "S", 2), per("S", 2)
            ),
            loop("2010AB", "S", 1, nm1("87", "1,2", named="-"), N3, N4),
            loop("2010AC", "S", 1, nm1("PE", "2", "PI,XV", id_usage="!"), N3, N4, ref("2U,FY,NF"), ref("EI", "R")),
            _SUBSCRIBER,
        ),
        SE,
    ),
    qualifiers=QUALIFIERS,
    claim=("CLM", "2300"),
)
