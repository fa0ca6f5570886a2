"""The settings: documented, read from environment and files, and honest about ports."""

import json
import socket
from pathlib import Path

import pytest
from pydantic import ValidationError

from settings import PortInUse, Settings, require_free_port, variable


@pytest.mark.parametrize("field", sorted(Settings.model_fields))
def test_every_field_is_documented(field: str) -> None:
    description = Settings.model_fields[field].description

    assert description, f"{field} has no docstring"
    assert description.endswith(".")


def test_defaults_follow_the_fields_they_depend_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROBALANCE_DATA_DIR", "/tmp/office")
    monkeypatch.setenv("ZEROBALANCE_API_PORT", "9000")

    settings = Settings()

    assert settings.database_url == "sqlite:////tmp/office/office.sqlite3"
    assert settings.public_url == "http://localhost:9000"


def test_secret_files_are_read_and_never_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "zerobalance_database_url").write_text("postgresql+psycopg://office:hush@db/office\n")
    (tmp_path / "zerobalance_payload_key_id").write_text("spring")
    (tmp_path / "zerobalance_payload_keys").write_text(json.dumps({"spring": "c2VjcmV0"}))
    monkeypatch.setenv("ZEROBALANCE_SECRETS_DIR", str(tmp_path))

    settings = Settings()

    assert settings.database_url == "postgresql+psycopg://office:hush@db/office"
    assert settings.payload_keys["spring"].get_secret_value() == "c2VjcmV0"
    assert "hush" not in repr(settings)
    assert "c2VjcmV0" not in repr(settings)


def test_a_wrong_value_is_not_repeated_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZEROBALANCE_PAYLOAD_KEYS", '{"spring": "c2VjcmV0"}')

    with pytest.raises(ValidationError, match="ZEROBALANCE_PAYLOAD_KEY_ID") as error:
        Settings()

    assert "c2VjcmV0" not in str(error.value)


def test_versioning_needs_both_names() -> None:
    with pytest.raises(ValidationError, match="ZEROBALANCE_DEPLOYMENT_NAME and ZEROBALANCE_BUILD_ID together"):
        Settings(deployment_name="office")


def test_a_port_in_use_names_the_variable_that_moves_it() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(PortInUse, match=rf"Port {port} .* set ZEROBALANCE_API_PORT to a free port"):
            require_free_port(port, variable("api_port"))


def test_a_free_port_passes() -> None:
    require_free_port(0, variable("api_port"))
