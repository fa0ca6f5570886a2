"""The smallest body that a call's own schema takes."""

from typing import Any

AUTHORIZATION = {"number": "A1", "valid_from": "2026-03-01", "valid_to": "2026-06-30", "procedures": "99213"}

PATTERNS = {
    "^[A-Za-z0-9]{4,20}$": "CLM0001",
    "^(CO|PR|OA|PI)$": "CO",
    "^[A-Za-z]{2}$": "OH",
    "^[0-9]{5}(-?[0-9]{4})?$": "43004",
    "^[0-9]{10}$": "1993999998",
    "^[0-9]{2}-?[0-9]{7}$": "123456780",
    "^[0-9]{2}$": "11",
}
TOLD: dict[str, dict[str, Any]] = {
    "POST /api/v1/encounters/{encounter_id}/amendments": {
        "values": {"corrections": "line.1.units = 2", "reason": "two were given"}
    },
    "POST /api/v1/encounters/{encounter_id}/hold": {"until": "2026-03-09"},
    "POST /api/v1/patients/{patient_id}/authorizations": AUTHORIZATION,
    "PUT /api/v1/patients/{patient_id}/authorizations/{authorization_id}": AUTHORIZATION,
    "POST /api/v1/patients/{patient_id}/notices": {"procedures": "99213"},
    "PUT /api/v1/patients/{patient_id}/notices/{notice_id}": {"procedures": "99213"},
    "POST /api/v1/patients/{patient_id}/break-glass": {"reason": "the payer asks about it"},
    "POST /api/v1/payers/{payer_id}/policies": {"policy": "filing_limit_days", "value": 90},
    "PUT /api/v1/practice-edits/{edit_id}": {"procedures": "99213", "version": 0},
    "POST /bank/{movement_id}/pair": {"remittance_ids": "x"},
    "POST /setup/users/{user_id}/roles": {"role.coder": "on"},
    "POST /encounters/{encounter_id}/join": {"visit.x": "on", "reason": "one stay"},
    "POST /encounters/{encounter_id}/amendments": {
        "change": "correct",
        "value.corrections": "line.1.units = 2",
        "value.reason": "two were given",
    },
}
"""route -> fields that no schema tells"""

TWINS = {
    "/day-close/{day}/{user_id}/close": "/tills/{day}/{user_id}/close",
    "/day-close/{day}/{user_id}/reopen": "/tills/{day}/{user_id}/reopen",
    "/setup/authorizations/{rule_id}/end": "/authorization-rules/{rule_id}/end",
    "/setup/notices/{rule_id}/end": "/notice-rules/{rule_id}/end",
    "/setup/users/{user_id}/roles": "/users/{user_id}/roles",
    "/setup/edits/{edit_id}": "/practice-edits/{edit_id}",
    "/setup/contracts/{contract_id}": "/contracts/{contract_id}",
    "/setup/payers/{payer_id}/contracts": "/payers/{payer_id}/contracts",
    "/setup/payers/{payer_id}/name": "/payers/{payer_id}/name",
    "/setup/payers/{payer_id}/policies": "/payers/{payer_id}/policies",
    "/patients/{patient_id}/edit": "/patients/{patient_id}",
    "/patients/{patient_id}/duplicates": "/patients/{patient_id}/merge",
}
"""page -> the call with the same fields, where the addresses differ by more than /api/v1"""

FORMATS = {"date": "2026-03-02", "date-time": "2026-03-02T15:00:00Z", "time": "09:00"}


def example(schema: dict[str, Any], whole: dict[str, Any]) -> Any:
    """A value of the schema; `whole` is the document in which its references are looked up."""
    if "$ref" in schema:
        return example(whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]], whole)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return example(schema[key][0], whole)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {name: example(schema["properties"][name], whole) for name in schema.get("required", [])}
        case "array":
            return [example(schema["items"], whole) for _ in range(schema.get("minItems", 0))]
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
        case "null":
            return None
    return _text(schema)


def _text(schema: dict[str, Any]) -> str:
    if "format" in schema:
        return FORMATS[schema["format"]]
    if schema.get("pattern", "").startswith("^[A-Z0-9]{"):
        return "99213"
    text = PATTERNS.get(schema.get("pattern", ""), "1")
    return text if len(text) >= schema.get("minLength", 0) else text * schema["minLength"]


def sent_with(method: str, path: str, whole: dict[str, Any]) -> dict[str, Any]:
    """What httpx is given so that the call is complete: the JSON body, or the form as a page would send it.

    A page's form has the fields of the call of the same address under /api/v1.
    """
    if method == "POST" and path.startswith(("/files/", "/api/v1/files/")):
        return {"files": {"file": ("letter.pdf", b"%PDF-1.4", "application/pdf")}}
    if path.startswith("/api/"):
        body = _body(method, path, whole)
        return {} if body is None else {"json": body}
    if method != "POST":
        return {}
    twin = "/api/v1" + TWINS.get(path, path)
    fields = _body("POST", twin, whole) or _body("PUT", twin, whole) or {}
    typed = {name: value for name, value in fields.items() if isinstance(value, str | int)}
    return {"data": typed | TOLD.get(f"{method} {path}", {})}


def _body(method: str, path: str, whole: dict[str, Any]) -> dict[str, Any] | None:
    """A complete body of the call; None: it takes no JSON."""
    content = whole["paths"].get(path, {}).get(method.lower(), {}).get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    body: dict[str, Any] = example(content["application/json"]["schema"], whole)
    return body | TOLD.get(f"{method} {path}", {})
