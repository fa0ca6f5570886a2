"""005010X221A1: the remittance (835)."""

from interchange.x12.grammar import Guide, SegmentRule, loop, segment
from interchange.x12.guides.rows import (
    N3,
    N3_MAYBE,
    N4,
    N4_MAYBE,
    QUALIFIERS,
    SE,
    amt,
    cas,
    nm1,
    procedure,
    qty,
    ref,
    st,
)

_GROUPS = "CO,OA,PI,PR"
_FILING_INDICATOR = "12,13,14,15,16,17,AM,CH,DS,HM,LM,MA,MB,MC,OF,TV,VA,WC,ZZ"
"""Shorter than the list of the claim: BL and CI are no answer"""
_STATUS = "1,2,3,4,19,20,21,22,23,25"
_PLB_REASONS = (
    "50,51,72,90,AH,AM,AP,B2,B3,BD,BN,C5,CR,CS,CT,CV,CW,DM,E3,FB,FC,GO,HM,IP,IR,IS,J1,L3,L6,LE,LS,OA,OB,PI,PL,RA,RE,"
    "SL,TL,WO,WU"
)
_NUMBERS = "TE,FX,EM,EX,UR"
_PAID_KINDS = "AD,ER,HC,HP,IV,N4,N6,NU,UI,WK"
_OTHER_ID = "AD,FI,NI,PI,PP,XV"


def _dtm(codes: str, max_use: int = 1) -> SegmentRule:
    return segment("DTM", "S", max_use, f"!={codes} !DT8")


def _person(role: str, ids: str, *, id_usage: str = "?") -> SegmentRule:
    return nm1(role, "1,2", ids, named="?", id_usage=id_usage, usage="S")


def _per(codes: str, usage: str, max_use: int) -> SegmentRule:
    pair = f"?={_NUMBERS} ?AN256"
    return segment("PER", usage, max_use, f"!={codes} ?AN60 {pair} {pair} {pair} -", "P0304 P0506 P0708")


_MONEY = "?R18 "

_LINE = loop(
    "2110",
    "S",
    999,
    segment(
        "SVC",
        "R",
        1,
        f"!(!={_PAID_KINDS};!AN48;?AN2-2;?AN2-2;?AN2-2;?AN2-2;?AN80;-) !R18 !R18 ?AN48 ?R15 "
        f"{procedure(_PAID_KINDS, '?')} ?R15",
    ),
    _dtm("150,151,472", 2),
    cas(_GROUPS, 99),
    ref("1S,APC,BB,E9,G1,G3,LU,RB", "S", 8),
    ref("6R"),
    ref("0B,1A,1B,1C,1D,1G,1H,1J,D3,G2,HPI,SY,TJ", "S", 10),
    ref("0K", "S", 5),
    amt("B6,KH,T,T2,ZK,ZL,ZM,ZN,ZO", "S", 9),
    qty("ZK,ZL,ZM,ZN,ZO", "S", 6),
    segment("LQ", "S", 99, "!=HE,RX !AN30"),
)

_CLAIM = loop(
    "2100",
    "R",
    0,
    segment(
        "CLP",
        "R",
        1,
        f"!AN38 !={_STATUS} !R18 !R18 ?R18 !={_FILING_INDICATOR} !AN50 ?AN2 ?AN1-1 - ?AN4 ?R15 ?R10 -",
    ),
    cas(_GROUPS, 99),
    nm1("QC", "1", "34,HN,II,MI,MR", named="?"),
    _person("IL", "FI,II,MI", id_usage="!"),
    _person("74", "C"),
    _person("82", "BD,BS,FI,MC,PC,SL,UP,XX", id_usage="!"),
    nm1("TT", "2", _OTHER_ID, id_usage="!", usage="S"),
    nm1("PR", "2", _OTHER_ID, id_usage="!", usage="S"),
    _person("GB", "FI,II,MI"),
    segment("MIA", "S", 1, "!R15 " + _MONEY * 3 + "?AN50 " + _MONEY * 14 + "?AN50 ?AN50 ?AN50 ?AN50 ?R18"),
    segment("MOA", "S", 1, "?R10 ?R18 ?AN50 ?AN50 ?AN50 ?AN50 ?AN50 ?R18 ?R18"),
    ref("1L,1W,28,6P,9A,9C,BB,CE,EA,F8,G1,G3,IG,SY", "S", 5),
    ref("0B,1A,1B,1C,1D,1G,1H,1J,D3,G2,LU", "S", 10),
    _dtm("232,233", 2),
    _dtm("036"),
    _dtm("050"),
    _per("CX", "S", 2),
    amt("AU,D8,DY,F5,I,NL,T,T2,ZK,ZL,ZM,ZN,ZO", "S", 13),
    qty("CA,CD,LA,LE,NE,NR,OU,PS,VS,ZK,ZL,ZM,ZN,ZO", "S", 14),
    _LINE,
)

_PAIR = f"(!={_PLB_REASONS};?AN50)"

GUIDE = Guide(
    "005010X221A1",
    "835",
    loop(
        "ST",
        "R",
        1,
        st("835", version_required=False),
        segment(
            "BPR",
            "R",
            1,
            "!=C,D,H,I,P,U,X !R18 !=C,D !=ACH,BOP,CHK,FWT,NON ?=CCP,CTX ?=01,04 ?AN3-12 ?=DA ?AN35 ?AN10-10 ?AN9-9 "
            "?=01,04 ?AN3-12 ?=DA,SG ?AN35 !DT8",
        ),
        segment("TRN", "R", 1, "!=1 !AN50 !AN10-10 ?AN50"),
        segment("CUR", "S", 1, "!=PR !AN3-3"),
        ref("EV"),
        ref("F2"),
        _dtm("405"),
        loop(
            "1000A",
            "R",
            1,
            segment("N1", "R", 1, "!=PR !AN60 ?=XV ?AN2-80", "P0304"),
            N3,
            N4,
            ref("2U,EO,HI,NF", "S", 4),
            _per("CX", "S", 1),
            _per("BL", "R", 0),
            _per("IC", "S", 1),
        ),
        loop(
            "1000B",
            "R",
            1,
            segment("N1", "R", 1, "!=PE !AN60 !=FI,XV,XX !AN2-80"),
            N3_MAYBE,
            N4_MAYBE,
            ref("0B,D3,PQ,TJ", "S", 0),
            segment("RDM", "S", 1, "!=BM,EM,FT,OL ?AN60 ?AN256"),
        ),
        loop(
            "2000",
            "S",
            0,
            segment("LX", "R", 1, "!N6"),
            segment("TS3", "S", 1, "!AN50 !AN2 !DT8 !R15 !R18 " + "?R18 " * 19),
            segment("TS2", "S", 1, "?R18 " * 19),
            _CLAIM,
        ),
        segment("PLB", "S", 0, f"!AN50 !DT8 !{_PAIR} !R18" + f" ?{_PAIR} ?R18" * 5, "P0506 P0708 P0910 P1112 P1314"),
        SE,
    ),
    qualifiers={**QUALIFIERS, "PER": 1},
    claim=("CLP", "2100"),
)
