"""005010X279A1: the eligibility inquiry (270) and its answer (271), two tables over the same people."""

from interchange.x12.grammar import Guide, LoopRule, SegmentRule, loop, segment
from interchange.x12.guides.rows import N3_MAYBE, N4_MAYBE, QUALIFIERS, SE, amt, hl, nm1, st

_ENTITY_IDS = "24,34,46,FI,II,MI,NI,PI,PP,SV,XV,XX"
_PROVIDERS = "1P,2B,36,80,FA,GP,P5,PR"
_REFERENCES = (
    "0B,18,1C,1D,1J,1L,1W,3H,49,4A,6P,9F,A6,ALS,CE,CLI,CT,D7,EA,EI,EJ,EL,EO,F6,FO,G1,GH,HJ,HPI,IF,IG,JD,M7,MRC,N5,N6,N7,NQ,Q4,"
    "SY,TJ,Y4"
)
_PROCEDURES = "AD,CJ,HC,ID,IV,N4,ND,ZZ"
_SERVICE_TYPE = "AN2"
_POINTERS = "?(!N2;?N2;?N2;?N2)"
"""Which of the diagnoses of HI it is about"""


def _ref(max_use: int) -> SegmentRule:
    return segment("REF", "S", max_use, f"!={_REFERENCES} !AN50 ?AN80 -")


def _dtp(max_use: int) -> SegmentRule:
    return segment("DTP", "S", max_use, "!AN3-3 !=D8,RD8 !PD", "F0203")


def _trn(kinds: str, max_use: int) -> SegmentRule:
    return segment("TRN", "S", max_use, f"!={kinds} !AN50 !AN10-10 ?AN50")


_AAA = segment("AAA", "S", 9, "!=N,Y - !AN2-2 !=C,N,P,R,S,W,X,Y")
_PRV = segment("PRV", "S", 1, "!AN2-3 ?AN2-3 ?AN50 - - -")
_DMG = segment("DMG", "S", 1, "?=D8 ?DT8 ?=F,M,U")
_INS = segment("INS", "S", 1, "!=N,Y !AN2-2 ?AN3-3 ?AN2-3 - - - - - - - - - - - - ?N9")
_HI = segment("HI", "S", 1, "!(!=ABK,BK;!AN30)" + " ?(!=ABF,BF;!AN30)" * 7)
_MPI = segment("MPI", "S", 1, "!AN1-1 !AN2-2 !AN1-1 ?AN80 ?AN2-2 ?AN2-3 ?AN35")
_III = segment("III", "S", 10, "?=BF,BK,GR,NI,ZZ,ABF,ABK ?AN30 ?AN2-2 ?AN264")
_PER = segment("PER", "S", 3, "!=IC ?AN60 ?AN2-2 ?AN256 ?AN2-2 ?AN256 ?AN2-2 ?AN256", "P0304 P0506 P0708")

_EQ = segment(
    "EQ",
    "R",
    1,
    f"?{_SERVICE_TYPE}x99 ?(!={_PROCEDURES};!AN48;?AN2-2;?AN2-2;?AN2-2;?AN2-2) ?AN3-3 - {_POINTERS}",
    "R0102",
)
_EB = segment(
    "EB",
    "R",
    1,
    f"!AN1-2 ?=CHD,DEP,ECH,EMP,ESP,FAM,IND,SPC,SPO ?{_SERVICE_TYPE}x99 ?AN1-3 ?AN50 ?AN1-2 ?R18 ?R10 ?AN2-2 ?R15 "
    f"?=N,U,Y ?=N,U,W,Y ?(!={_PROCEDURES};!AN48;?AN2-2;?AN2-2;?AN2-2;?AN2-2;-;?AN48) {_POINTERS}",
    "P0910",
)
_HSD = segment("HSD", "S", 9, "?AN2-2 ?R15 ?AN2-2 ?R6 ?AN1-2 ?N3 ?AN1-2 ?AN1-1")
_RELATED_ROLES = "13,1I,1P,2B,36,73,FA,GP,GW,I3,IL,LR,OC,P3,P4,P5,PR,PRP,SEP,TTP,VER,VN,VY,X3,Y2"
_RELATED = segment(
    "NM1",
    "R",
    1,
    f"!={_RELATED_ROLES} !=1,2 ?AN60 ?AN35 ?AN25 ?AN10 ?AN10 ?=FA,{_ENTITY_IDS} ?AN2-80 ?=01,02,27,41,48,65,72 - -",
    "P0809",
)
"""A party to the benefit; NM110 says how it stands to the patient"""


def _inquiry(name: str) -> LoopRule:
    """What is asked about: loop 2110."""
    return loop(name, "S", 99, _EQ, amt("R"), amt("PB"), _III, _ref(1), _dtp(1))


def _benefit(name: str, repeat: int = 0) -> LoopRule:
    """One benefit of the answer: loop 2110 with 2115 and 2120."""
    letter = name[-1]
    related = loop(
        f"2120{letter}",
        "S",
        23,
        _RELATED,
        N3_MAYBE,
        N4_MAYBE,
        _PER,
        segment("PRV", "S", 1, "!AN2-3 ?AN2-3 ?AN50 - - -"),
    )
    return loop(
        name,
        "S",
        repeat,
        _EB,
        _HSD,
        _ref(9),
        _dtp(20),
        _AAA,
        segment("MSG", "S", 10, "!AN264"),
        loop(f"2115{letter}", "S", 10, _III),
        segment("LS", "S", 1, "!AN4"),
        related,
        segment("LE", "S", 1, "!AN4"),
    )


def _person(name: str, role: str, *, answer: bool) -> LoopRule:
    """Subscriber (2100C) or dependent (2100D)."""
    rows = [nm1(role, "1,2", "II,MI", named="?"), _ref(9), N3_MAYBE, N4_MAYBE]
    rows += [_AAA] if answer else []
    rows += [_PRV, _DMG, _INS, _HI, _dtp(9)]
    rows += [_MPI] if answer else []
    return loop(name, "R", 1, *rows)


def _tree(*, answer: bool) -> tuple[LoopRule, ...]:
    """Information source, receiver, subscriber, dependent."""
    trace, kinds = (3, "1,2") if answer else (2, "1")
    inner = _benefit if answer else _inquiry
    errors = [_AAA] if answer else []
    dependent = loop(
        "2000D", "S", 0, hl("23", child="0"), _trn(kinds, trace), _person("2100D", "03", answer=answer), inner("2110D")
    )
    subscriber = loop(
        "2000C", "S", 0, hl("22"), _trn(kinds, trace), _person("2100C", "IL", answer=answer), inner("2110C"), dependent
    )
    receiver = loop(
        "2000B",
        "S" if answer else "R",
        0,
        hl("21"),
        loop(
            "2100B",
            "R",
            1,
            nm1(_PROVIDERS, "1,2", _ENTITY_IDS, named="?", id_usage="!"),
            _ref(9),
            N3_MAYBE,
            N4_MAYBE,
            *errors,
            _PRV,
        ),
        subscriber,
    )
    source = [nm1("2B,36,GP,P5,PR", "1,2", _ENTITY_IDS, named="?", id_usage="!")]
    source += [_PER, *errors] if answer else []
    return (loop("2000A", "R", 0, hl("20", parent=False), *errors, loop("2100A", "R", 1, *source), receiver),)


def _guide(transaction: str, purposes: str, *, answer: bool) -> Guide:
    return Guide(
        "005010X279A1",
        transaction,
        loop(
            "ST",
            "R",
            1,
            st(transaction),
            segment("BHT", "R", 1, f"!=0022 !={purposes} ?AN50 !DT8 !TM4-8 ?=RT"),
            *_tree(answer=answer),
            SE,
        ),
        qualifiers={key: value for key, value in QUALIFIERS.items() if key not in {"REF", "DTP", "HI"}},
    )


INQUIRY = _guide("270", "01,13,36", answer=False)
RESPONSE = _guide("271", "06,11", answer=True)
