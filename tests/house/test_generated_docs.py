import pytest

from tests.house.generated import DOCS, PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_fresh(page: str) -> None:
    """When it is not: `python -m tests.house.generated`."""
    assert (DOCS / page).read_text(encoding="utf-8") == PAGES[page]()
