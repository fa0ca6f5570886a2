"""The command `zerobalance simulator`: the variables that the office documents move it too."""

from pathlib import Path

import pytest

from settings import Settings, variable
from simulator.__main__ import folder_of, port_of

PORT, FOLDER = variable("simulator_port"), variable("data_dir")


@pytest.mark.parametrize(
    ("environment", "port", "folder"),
    [
        ({}, 8001, "var/simulator"),
        ({PORT: "9001", FOLDER: "books"}, 9001, "books/simulator"),
        ({PORT: "9001", FOLDER: "books", "SIMULATOR_PORT": "9002", "SIMULATOR_FOLDER": "box"}, 9002, "box"),
        ({PORT: "", FOLDER: "", "SIMULATOR_PORT": "", "SIMULATOR_FOLDER": ""}, 8001, "var/simulator"),
    ],
)
def test_it_listens_where_the_office_looks_for_it(environment: dict[str, str], port: int, folder: str) -> None:
    assert port_of(environment) == port
    assert folder_of(environment) == Path(folder)


def test_without_any_variable_the_office_and_the_simulator_agree() -> None:
    assert port_of({}) == Settings.model_fields["simulator_port"].default
