"""What a demo says when it has ended."""

from pathlib import Path

import pytest

import demo
from settings import Settings


@pytest.mark.parametrize(
    ("ports", "told"),
    [
        ({}, "ZEROBALANCE_DATA_DIR='/tmp/my books' "),
        (
            {"api_port": 18820, "temporal_port": 7234, "simulator_port": 8001},
            "ZEROBALANCE_DATA_DIR='/tmp/my books' ZEROBALANCE_API_PORT=18820 ZEROBALANCE_TEMPORAL_PORT=7234 ",
        ),
    ],
)
def test_the_way_back_names_every_port_that_is_not_the_usual_one(ports: dict[str, int], told: str) -> None:
    settings = Settings.model_validate({"data_dir": Path("/tmp/my books"), **ports})
    words = demo.way_back(settings, "supervisor")
    assert words.startswith(f"To look at it: {told}")
    assert f" run, then http://localhost:{ports.get('api_port', 8000)} as supervisor" in words
    assert "\n" not in words
