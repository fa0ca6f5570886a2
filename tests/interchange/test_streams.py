"""The streams of nouns alone give the same nouns as the checked reading, whatever the file."""

from pathlib import Path

import pytest

from benchmarks import files
from interchange.x12 import claims_837i, claims_837p, remittance_835
from interchange.x12.syntax import NotX12

HERE = Path(__file__).parent
SETS = (
    (remittance_835.payments, remittance_835.read, remittance_835.ReadPayment, "payment"),
    (claims_837p.claims, claims_837p.read, claims_837p.ReadClaim, "claim"),
    (claims_837i.claims, claims_837i.read, claims_837i.ReadClaim, "claim"),
)
GOLDEN = HERE.parent / "golden"
FOLDERS = [HERE / "odd", *(GOLDEN / name for name in ("x221a1", "x222a1", "x223a2", "broken", "malformed"))]
FILES = sorted(
    path
    for folder in FOLDERS
    for path in folder.rglob("*")
    if path.is_file() and path.suffix not in {".md", ".json", ".txt"}
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_same_nouns_in_the_same_order(path: Path) -> None:
    body = path.read_bytes()
    for stream, read, kind, noun in SETS:
        try:
            checked = [getattr(one, noun) for one in read(body) if isinstance(one, kind)]
        except NotX12:
            with pytest.raises(NotX12):
                list(stream(body))
            continue
        assert list(stream(body)) == [one for one in checked if one is not None]


@pytest.mark.parametrize("lines", [0, 1])
def test_many_claims_of_few_kinds_over_many_blocks(lines: int, tmp_path: Path) -> None:
    """What is met often is scanned, and blocks end in the middle of a claim."""
    claims, payments = tmp_path / "x.837", tmp_path / "x.835"
    files.write_claims(claims, 700)
    files.write_payments(payments, 1500)
    end = b"~\n" if lines else b"~"
    body = payments.read_bytes().replace(b"~\n", end)
    checked = [one.payment for one in remittance_835.read(body) if isinstance(one, remittance_835.ReadPayment)]
    assert list(remittance_835.payments(body)) == checked
    assert len(checked) == 1500
    body = claims.read_bytes().replace(b"~\n", end)
    read = [one.claim for one in claims_837p.read(body) if isinstance(one, claims_837p.ReadClaim)]
    assert list(claims_837p.claims(body)) == read
    assert len(read) == 700
