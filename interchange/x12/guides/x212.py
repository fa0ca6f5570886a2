"""005010X212: the claim status inquiry (276) and its answer (277), two tables over the same levels."""

from interchange.x12.grammar import Guide, LoopRule, SegmentRule, loop, segment
from interchange.x12.guides.rows import QUALIFIERS, SE, amt, dtp, hl, nm1, per, ref, st

_STATUS = "(!AN30;!AN30;?AN2-3;-)"
_CLAIM_STATUS = "(!AN30;!AN30;?AN2-3;?=RX)"
"""RX: the status is a reject code of the pharmacies' list (NCPDP)"""
_DMG = segment("DMG", "S", 1, "!=D8 !DT8 ?=F,M")
_INQUIRY_REFERENCES = ("1K", "BLT", "LU", "6P", "EJ", "XZ", "D9")
_RESPONSE_REFERENCES = ("1K", "BLT", "EJ", "XZ", "VV", "D9")


def _stc(status: str, *, amounts: bool = False) -> SegmentRule:
    """STC; only a claim's says what was charged, paid and when."""
    sums = "?R18 ?R18 ?DT8 - ?DT8 ?AN16" if amounts else "- - - - - -"
    return segment("STC", "R", 0, f"!{status} !DT8 - {sums} ?{status} ?{status} -")


def _trn(kind: str) -> SegmentRule:
    return segment("TRN", "R", 1, f"!={kind} !AN50 - -")


def _line(name: str, *, answer: bool) -> LoopRule:
    """One service line: loop 2210 of the 276, 2220 of the 277."""
    rows = [
        segment(
            "SVC",
            "R",
            1,
            f"!(!=AD,ER,HC,HP,IV,N4,NU,WK;!AN48;?AN2-2;?AN2-2;?AN2-2;?AN2-2;-;-) !R18 {'!R18' if answer else '-'} "
            "?AN48 - - !R15",
        )
    ]
    rows += [_stc(_CLAIM_STATUS)] if answer else []
    return loop(name, "S", 0, *rows, ref("FJ"), dtp("472", "R", 1, "D8,RD8"))


def _claim(letter: str, *, answer: bool) -> LoopRule:
    """One claim: loop 2200D or 2200E."""
    rows = [_trn("2" if answer else "1")]
    rows += [_stc(_CLAIM_STATUS, amounts=True)] if answer else []
    rows += [ref(code) for code in (_RESPONSE_REFERENCES if answer else _INQUIRY_REFERENCES)]
    rows += [] if answer else [amt("T3")]
    return loop(
        f"2200{letter}",
        "S",
        0,
        *rows,
        dtp("472", forms="D8,RD8"),
        _line(f"{'2220' if answer else '2210'}{letter}", answer=answer),
    )


def _failure(name: str, kind: str) -> LoopRule:
    """Why the whole inquiry of a receiver (2200B) or provider (2200C) failed."""
    return loop(name, "S", 1, _trn(kind), _stc(_STATUS))


def _tree(*, answer: bool) -> LoopRule:
    """Payer, receiver, provider, subscriber, dependent."""
    about = [] if answer else [_DMG]
    dependent = loop(
        "2000E",
        "S",
        0,
        hl("23", child=""),
        *about,
        loop("2100E", "R", 1, nm1("QC", "1")),
        _claim("E", answer=answer),
    )
    subscriber = loop(
        "2000D",
        "S" if answer else "R",
        0,
        hl("22"),
        *about,
        loop("2100D", "R", 1, nm1("IL", "1,2", "24,II,MI", id_usage="!")),
        _claim("D", answer=answer),
        dependent,
    )
    provider = loop(
        "2000C",
        "S" if answer else "R",
        0,
        hl("19"),
        loop("2100C", "R", 2, nm1("1P", "1,2", "FI,SV,XX", named="?", id_usage="!")),
        *([_failure("2200C", "1")] if answer else []),
        subscriber,
    )
    receiver = loop(
        "2000B",
        "R",
        0,
        hl("21"),
        loop("2100B", "R", 1, nm1("41", "1,2", "46", named="?", id_usage="!")),
        *([_failure("2200B", "2")] if answer else []),
        provider,
    )
    contact = [per("S", 1, numbers="ED,EM,EX,FX,TE")] if answer else []
    payer = loop("2100A", "R", 1, nm1("PR", "2", "PI,XV", id_usage="!"), *contact)
    return loop("2000A", "R", 0, hl("20", parent=False, child="1"), payer, receiver)


def _guide(transaction: str, header: str, *, answer: bool) -> Guide:
    return Guide(
        "005010X212",
        transaction,
        loop("ST", "R", 1, st(transaction), segment("BHT", "R", 1, header), _tree(answer=answer), SE),
        qualifiers=QUALIFIERS,
    )


INQUIRY = _guide("276", "!=0010 !=13 !AN50 !DT8 !TM4-8 -", answer=False)
RESPONSE = _guide("277", "!=0010 !=08 !AN50 !DT8 !TM4-8 !=DG", answer=True)
