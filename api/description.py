"""What the API says of itself (OpenAPI 3.1): what the framework derives, and what it cannot know of this office.

A refusal is a problem (RFC 9457), which the framework would call plain JSON; who may call, and with what, stands in
the dependencies of each route.
"""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from api import errors
from api.auth import Requirement

PROBLEM = "application/problem+json"
REFUSALS: dict[int | str, dict[str, Any]] = {
    422: {"model": errors.ProblemBody, "description": "What was sent has faults: each with its field"},
    "default": {"model": errors.ProblemBody, "description": "Refused"},
}
"""What any call may answer besides what it is for"""

BEARER = "bearer"
_SCHEMES = {
    BEARER: {"type": "http", "scheme": "bearer", "description": "A token of a person or a program (/setup/users)"}
}


class DescribedApp(FastAPI):
    """An application whose description says how refusals look and who may call."""

    described: Sequence[APIRouter] = ()
    """Where its routes stand"""

    def openapi(self) -> dict[str, Any]:
        """The whole description, made once."""
        if self.openapi_schema is None:
            described = super().openapi()
            described.setdefault("components", {})["securitySchemes"] = _SCHEMES
            for route in (one for router in self.described for one in router.routes):
                if isinstance(route, APIRoute) and route.path_format in described["paths"]:
                    for method in route.methods or ():
                        _tell(described["paths"][route.path_format][method.lower()], requirement(route))
        return self.openapi_schema or {}


def requirement(route: APIRoute) -> Requirement | None:
    """Which permissions the route asks for; None: it is open."""
    calls = [dependency.call for dependency in route.dependant.dependencies]
    return next((call for call in calls if isinstance(call, Requirement)), None)


def _tell(operation: dict[str, Any], needed: Requirement | None) -> None:
    if needed is not None:
        operation["security"] = [{BEARER: []}]
        operation["x-permissions"] = list(needed.permissions)
    for answer in operation["responses"].values():
        content = answer.get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        if schema.get("$ref", "").endswith(f"/{errors.ProblemBody.__name__}"):
            content[PROBLEM] = content.pop("application/json")
