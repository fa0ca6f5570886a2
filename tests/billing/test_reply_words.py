from dataclasses import replace
from importlib.resources import files
from xml.etree import ElementTree

import pytest

from billing.acknowledgment import ClaimAcknowledgment, LineAcknowledgment, StatusReason
from billing.claim import Name, Party
from billing.money import Cents
from billing.reply_words import ABOUT, VERDICTS, WHOLE, why_claim_was_refused, why_inquiry_was_refused

REFUSED = ClaimAcknowledgment(
    Party("PR", is_person=False, name=Name("A PAYER")), "C1", (), accepted=False, effective=None
)


@pytest.mark.parametrize(
    ("codes", "words"),
    [
        (("72", "75"), "the member id is wrong or missing; the payer does not know the subscriber (AAA 72, 75)"),
        (("75", "75"), "the payer does not know the subscriber (AAA 75)"),
        (("ZZ",), "for a reason of its own (AAA ZZ)"),
    ],
)
def test_why_an_inquiry_was_refused(codes: tuple[str, ...], words: str) -> None:
    assert why_inquiry_was_refused(codes) == words


@pytest.mark.parametrize(
    ("reasons", "words"),
    [
        ((StatusReason("A7", "164", "IL"),), "member id of the subscriber: wrong (277CA A7:164)"),
        ((StatusReason("A6", "562", "82"), StatusReason("A8", "477")), "NPI of the rendering provider: missing; "
         "diagnosis pointer: does not fit the rest of the claim (277CA A6:562, A8:477)"),
        ((StatusReason("A3", "78"),), "it is a duplicate of another claim (277CA A3:78)"),
        ((StatusReason("A3", "9999"),), "for a reason that the office has no words for (277CA A3:9999)"),
        ((StatusReason("A7", "164", code_list="RX"),), "for a reason that the office has no words for (277CA A7:164)"),
    ],
)  # fmt: skip
def test_why_a_claim_was_refused(reasons: tuple[StatusReason, ...], words: str) -> None:
    assert why_claim_was_refused(replace(REFUSED, reasons=reasons)) == words


def test_what_is_said_of_a_line_is_said() -> None:
    line = LineAcknowledgment("HC:99213", Cents(100), (StatusReason("A7", "454"),))
    told = replace(REFUSED, reasons=(StatusReason("A3", "247"),), lines=(line,))
    assert why_claim_was_refused(told) == "procedure: wrong (277CA A3:247, A7:454)"


def published(name: str) -> set[str]:
    """The codes of one external list, as pyx12 carries them."""
    text = files("pyx12").joinpath("map/codes.xml").read_text(encoding="utf-8")
    [found] = [one for one in ElementTree.fromstring(text).iter("codeset") if one.findtext("id") == name]
    return {code.text or "" for code in found.iter("code")}


def test_the_words_are_for_codes_that_exist() -> None:
    assert set(WHOLE) | set(ABOUT) <= published("claim_status")
    assert set(VERDICTS) <= published("claim_status_cat")
    assert not set(WHOLE) & set(ABOUT)
