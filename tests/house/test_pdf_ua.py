"""A statement's PDF by another tool than the one that made it: what of PDF/UA-1 (ISO 14289-1) a machine can see.

qpdf by way of pikepdf reads the file; the checks are those of the Matterhorn Protocol that need no person, as far as
statements have what they are about. They are named by their checkpoints.
"""

import io
import itertools
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pikepdf
import pytest

from billing.dunning import Notice
from billing.statement_words import Language
from billing.statements import ServiceRow, Statement, VisitPart
from templates import documents, statement_view

DAY = date(2026, 11, 2)
VISIT = VisitPart("V1", DAY, "ANN SMITH", "A PLAN", (ServiceRow("Visit", 100, 0, 0, 0, 100),), ("Why",), None)


def a_statement(language: Language = Language.ENGLISH) -> Statement:
    return Statement(
        number="ABCDE-FGHJK",
        notice=Notice.REMINDER,
        written_on=DAY,
        pay_by=DAY,
        sender=("CLINIC", "1 MAIN ST"),
        addressee=("JANE DOE", "1 ELM ST"),
        visits=(VISIT,) * 12,
        total_cents=1200,
        ages=(("up to 30 days", 1200), ("older", 0)),
        message="Please pay.",
        pay_at="https://office.test/pay/secret",
        language=language,
        ways=("By card.", "By cheque."),
    )


@cache
def made(language: Language = Language.ENGLISH) -> bytes:
    return documents.pdf("statements/statement", statement_view.content(a_statement(language)))


@pytest.fixture
def pdf() -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(io.BytesIO(made())) as opened:
        yield opened


def elements(node: Any) -> Iterator[Any]:
    """Every structure element below one, itself too."""
    if isinstance(node, pikepdf.Dictionary) and "/S" in node:
        yield node
    kids = node.get("/K", []) if isinstance(node, pikepdf.Dictionary) else []
    for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
        if isinstance(kid, pikepdf.Dictionary):
            yield from elements(kid)


def of_kind(pdf: pikepdf.Pdf, kind: str) -> list[Any]:
    return [one for one in elements(pdf.Root.StructTreeRoot) if kind == one.S]


def test_it_says_that_it_is_pdf_ua_and_has_a_title(pdf: pikepdf.Pdf) -> None:
    """06-001 to 06-004, 07-001, 07-002."""
    with pdf.open_metadata() as told:
        assert told["pdfuaid:part"] == "1"
        assert told["dc:title"].startswith("Statement: a reminder")
    assert pdf.Root.ViewerPreferences.DisplayDocTitle


def test_it_is_tagged_whole(pdf: pikepdf.Pdf) -> None:
    """01-004, 01-005: all that is drawn stands in a marked part, either content or decoration."""
    assert pdf.Root.MarkInfo.Marked
    assert not pdf.Root.MarkInfo.get("/Suspects", False)
    for page in pdf.pages:
        depth = 0
        for operands, operator in pikepdf.parse_content_stream(page):
            name = str(operator)
            depth += {"BDC": 1, "BMC": 1, "EMC": -1}.get(name, 0)
            assert depth > 0 or name not in {"Tj", "TJ", "Do", "S", "f", "B"}, (name, operands)


def test_its_language_is_known_and_its_pages_are_read_in_order(pdf: pikepdf.Pdf) -> None:
    """11-006, 28-004 (tab order follows the structure)."""
    assert str(pdf.Root.Lang).lower().startswith("en")
    assert {page.get("/Tabs") for page in pdf.pages} <= {pikepdf.Name.S, None}
    with pikepdf.open(io.BytesIO(made(Language.SPANISH))) as spanish:
        assert str(spanish.Root.Lang).lower().startswith("es")


def test_every_picture_has_words(pdf: pikepdf.Pdf) -> None:
    """13-004."""
    pictures = of_kind(pdf, "/Figure")
    assert len(pictures) == 1
    assert "QR code" in str(pictures[0].Alt)


def test_tables_have_headers(pdf: pikepdf.Pdf) -> None:
    """15-003: a header says of what; 09: rows stand in tables and cells in rows."""
    assert len(of_kind(pdf, "/Table")) >= 2
    headers = of_kind(pdf, "/TH")
    assert len(headers) >= len(statement_view.COLUMNS)
    assert {scope_of(one) for one in headers} <= {"/Column", "/Row", "/Both"}
    assert all(kid.P.S == "/TR" for kid in headers)


def scope_of(header: Any) -> str:
    """Of what the header is: its attributes are one dictionary or several."""
    told = header.A if isinstance(header.A, pikepdf.Array) else [header.A]
    return next((str(one.Scope) for one in told if isinstance(one, pikepdf.Dictionary) and "/Scope" in one), "")


def test_headings_skip_no_level(pdf: pikepdf.Pdf) -> None:
    """14-002, 14-003."""
    levels = [int(str(one.S)[2:]) for one in elements(pdf.Root.StructTreeRoot) if str(one.S)[1:] in {"H1", "H2", "H3"}]
    assert levels[0] == 1
    assert all(later - before <= 1 for before, later in itertools.pairwise(levels))


def test_fonts_are_in_it_and_their_letters_are_known(pdf: pikepdf.Pdf) -> None:
    """31-009, 10-001."""
    fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
    assert fonts
    for font in fonts:
        assert "/ToUnicode" in font
        [inner] = list(font.DescendantFonts)
        assert {"/FontFile2", "/FontFile3"} & set(inner.FontDescriptor.keys())


def test_the_structure_leads_back_from_every_page(pdf: pikepdf.Pdf) -> None:
    """01-006 and the parent tree of ISO 32000-1, 14.7.4.4."""
    assert "/ParentTree" in pdf.Root.StructTreeRoot
    assert all("/StructParents" in page for page in pdf.pages)


def test_an_untagged_file_is_seen() -> None:
    """The file for the printing machine is not for reading, and says so."""
    contents = [statement_view.content(a_statement())]
    part, pages = documents.statements(contents)
    with pikepdf.open(io.BytesIO(documents.print_file([part], [pages], both_sides=True))) as opened:
        assert "pdfuaid:part" not in opened.open_metadata()
