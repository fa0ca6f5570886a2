"""The calls that docs/x12/ shows do run, on a file of their set."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "x12"
FILES = {
    "837p.md": "x222a1/made-dependent-and-telehealth.edi",
    "837i.md": "x223a2/stu-two-claims-for-the-same-provider.edi",
    "276-277.md": "x212-277/lfh-claim-level-status.277",
    "835.md": "x221a1/made-bundled-cents.edi",
    "270-271.md": "x279a1-271/made-active-benefits-repeats.edi",
    "999.md": "x231a1/made-rejected-element-and-segment.edi",
    "ta1.md": "ta1/made-accepted.edi",
    "277ca.md": "x214/made-accepted-and-rejected.edi",
}


@pytest.mark.parametrize("page", FILES)
def test_a_call_prints_what_the_file_says(
    page: str, golden: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (DOCS / page).read_text()
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    [name] = re.findall(r'open\("([^"]+)"', code)
    (tmp_path / name).write_bytes((golden / FILES[page]).read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page, "exec"), {})
    assert len(capsys.readouterr().out.strip()) > 2


def test_every_page_is_linked_from_the_overview() -> None:
    overview = (DOCS.parent / "x12.md").read_text()
    assert [page for page in FILES if f"(x12/{page})" not in overview] == []
