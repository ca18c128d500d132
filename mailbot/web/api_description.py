"""The operations of the API, and their description as OpenAPI 3.1, written from that table and the shapes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from mailbot.cases.access import ALLOWED, Permission
from mailbot.domain import Role
from mailbot.web.api_shapes import (
    VERSION,
    ActionPage,
    ActionsAsked,
    CasePage,
    CaseRead,
    CasesAsked,
    Decided,
    DecisionGiven,
    NothingAsked,
    Problem,
    Reference,
    ServicePage,
    ServiceRead,
    ServicesAsked,
    Statistics,
    Urn,
)

TEMPLATE = "#/components/schemas/{name}"
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked: who may, with which query or body, and what comes back.

    `refusals` are the statuses beside those that every operation has.
    """

    name: str
    method: str
    path: str
    permission: Permission
    summary: str
    answer: type[Struct]
    asked: type[Struct] = NothingAsked
    body: type[Struct] | None = None
    refusals: tuple[int, ...] = ()
    waits: bool = False

    @property
    def rule(self) -> str:
        """The path as Flask writes it."""
        return self.path.replace("{", "<").replace("}", ">")


OPERATIONS = (
    Operation(
        name="cases",
        method="GET",
        path="/cases",
        permission=Permission.READ_CASES,
        summary="List cases, oldest first, 50 at a time",
        asked=CasesAsked,
        answer=CasePage,
        refusals=(404,),
    ),
    Operation(
        name="case",
        method="GET",
        path="/cases/{reference}",
        permission=Permission.READ_CASES,
        summary="Read a case, identity masked; the reading is audited",
        answer=CaseRead,
        refusals=(404,),
    ),
    Operation(
        name="decide",
        method="POST",
        path="/cases/{reference}/decisions",
        permission=Permission.REVIEW,
        summary="Write a review: correct, decide, note, close",
        body=DecisionGiven,
        answer=Decided,
        refusals=(404, 409, 413, 415),
        waits=True,
    ),
    Operation(
        name="actions",
        method="GET",
        path="/actions",
        permission=Permission.READ_CASES,
        summary="List actions by case, 50 at a time",
        asked=ActionsAsked,
        answer=ActionPage,
        refusals=(404,),
    ),
    Operation(
        name="services",
        method="GET",
        path="/services",
        permission=Permission.SEE_SERVICES,
        summary="Search the register of services, 25 at a time",
        asked=ServicesAsked,
        answer=ServicePage,
    ),
    Operation(
        name="service",
        method="GET",
        path="/services/{urn}",
        permission=Permission.SEE_SERVICES,
        summary="Read a service with what is held on it, as counts",
        answer=ServiceRead,
        refusals=(404,),
    ),
    Operation(
        name="figures",
        method="GET",
        path="/statistics",
        permission=Permission.SEE_OVERSIGHT,
        summary="Read the figures of the last half year",
        answer=Statistics,
    ),
)

PATH_PARAMETERS: dict[str, Any] = {"reference": Reference, "urn": Urn}

REFUSALS = {
    400: "Something asked for or given is not as described",
    401: "No token was shown, or it is none, or no longer one",
    403: "The token's role does not include it, or only a person may do it",
    404: "There is no such thing, or the token's role may not see it",
    409: "The case has changed since that version",
    413: "More was sent than is read",
    415: "The body is not JSON",
    429: "Too many requests within a minute",
}
ALWAYS = (400, 401, 403, 429)


@cache
def openapi() -> bytes:
    """The description, in JSON."""
    shapes: list[Any] = [*_shapes(), Problem]
    _, components = msgspec.json.schema_components(shapes, ref_template=TEMPLATE)
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        paths.setdefault(f"/api/v1{one.path}", {})[one.method.lower()] = _operation(one)
    return msgspec.json.encode(
        {
            "openapi": "3.1.0",
            "info": {
                "title": "mailbot",
                "version": VERSION,
                "description": "Cases, actions, services and figures for other systems of the organisation. "
                "Restricted cases are there for tokens of a role that may see them alone.",
            },
            "paths": paths,
            "components": {
                "schemas": components,
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            },
            "security": [{"token": []}],
        }
    )


def _shapes() -> list[type[Struct]]:
    return [shape for one in OPERATIONS for shape in (one.answer, one.body) if shape is not None]


def _operation(one: Operation) -> dict[str, Any]:
    roles = ", ".join(role for role in Role if role in ALLOWED[one.permission] and role is not Role.ADMINISTRATOR)
    told: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"For tokens of these roles: {roles}.",
        "parameters": [*_in_path(one), *_in_query(one)],
        "responses": {str(status): answer for status, answer in _answers(one)},
    }
    if one.body is not None:
        content = {"application/json": {"schema": {"$ref": TEMPLATE.format(name=one.body.__name__)}}}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _answers(one: Operation) -> list[tuple[int, dict[str, Any]]]:
    content = {"application/json": {"schema": {"$ref": TEMPLATE.format(name=one.answer.__name__)}}}
    answers: list[tuple[int, dict[str, Any]]] = [(200, {"description": "As asked", "content": content})]
    if one.waits:
        answers.append((202, {"description": "It waits for a second officer", "content": content}))
    problem = {PROBLEM: {"schema": {"$ref": TEMPLATE.format(name="Problem")}}}
    refused = sorted({*ALWAYS, *one.refusals})
    return answers + [(status, {"description": REFUSALS[status], "content": problem}) for status in refused]


def _in_path(one: Operation) -> list[dict[str, Any]]:
    names = re.findall(r"{(\w+)}", one.path)
    return [
        {"name": name, "in": "path", "required": True, "schema": msgspec.json.schema(PATH_PARAMETERS[name])}
        for name in names
    ]


def _in_query(one: Operation) -> list[dict[str, Any]]:
    (_, inline) = msgspec.json.schema_components([one.asked], ref_template="{name}")
    properties: dict[str, Any] = inline[one.asked.__name__]["properties"]
    return [
        {"name": name, "in": "query", "required": False, "schema": _inlined(schema, inline)}
        for name, schema in properties.items()
    ]


def _inlined(schema: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """A parameter's schema with the enumeration it names in its place."""
    named: dict[str, Any] = found.get(schema.get("$ref", ""), schema)
    return named
