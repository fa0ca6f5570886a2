"""Pages of docs/ that are written from the code: `python -m tests.house.generated` writes them again."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from pydantic_core import PydanticUndefined

from api.description import requirement
from billing.edits.registry import Bill, Edit
from billing.policies import DEFAULTS
from billing.roles import PERMISSIONS, Permission, Role
from billing.scrubbing import EDITS, Severity
from billing.tasks import KINDS, TaskType
from interchange import moving_files
from settings import Settings, variable
from tests.api.test_auth import routes
from tests.house import reading_level, x12_pages
from tests.house.source import ROOT, member_docstrings

DOCS = ROOT / "docs"
RENEW = x12_pages.RENEW


def edits() -> str:
    """docs/edits.md"""
    rows = [
        f"| {one.code} | {_effect(one)} | {_limits(one)} | {_sentence(one.check)} | {one.fix} |"
        for one in sorted(EDITS, key=lambda one: one.code)
    ]
    return _page(
        "Claim edits",
        "What is looked at before a claim may leave. All edits run, and all findings come back at once. An edit that "
        "*holds the claim* opens the task `claim_edit_failed`; one that is *noted* writes a line in the encounter's "
        "story and lets the claim go out; one that *mends the claim* puts it right before it is looked at. An edit "
        "that needs a table finds nothing while none is loaded: which tables were asked is kept with each run.\n\n"
        "Whether a code is known, billable and valid on its day is looked at in [coding](code-tables.md), too, and "
        "opens `code_review` there. `D03` among the overridden edits of a visit says that a supervisor let its codes "
        "stand. `X02` has no row: the claim is written as an 837P or 837I before it may leave, and what cannot be "
        "written holds it.",
        "| edit | finding | where | what it asks for | what a person does |\n| --- | --- | --- | --- | --- |",
        rows,
    )


def _effect(one: Edit) -> str:
    if one.mend is not None:
        return "mends the claim"
    if one.errors_for:
        return f"holds the claim to {_payers(one.errors_for)}; noted for others"
    return "holds the claim" if one.severity == Severity.ERROR else "noted"


def _limits(one: Edit) -> str:
    """Each line or the claim, and of which payers and days."""
    limits = [one.scope.value]
    limits += [f"{one.bill} claims"] if one.bill != Bill.ANY else []
    limits += [_payers(one.payers)] if one.payers else []
    limits += [f"since {one.since}"] if one.since > date.min else []
    return ", ".join(limits)


def _payers(indicators: frozenset[str]) -> str:
    names = {"MB": "Medicare", "MC": "Medicaid", "HM": "an HMO"}
    return " and ".join(names[one] for one in sorted(indicators))


def tasks() -> str:
    """docs/tasks.md"""
    why = member_docstrings(ROOT / "billing" / "task_types.py", "TaskType")
    rows = []
    for name in sorted(TaskType):
        kind = KINDS[name]
        exits = "<br>".join(
            f"`{key}`: {one.label}" + (" (supervisor)" if one.needs_approval_right else "")
            for key, one in kind.resolutions.items()
        )
        rows.append(
            f"| `{name}` | {why[name.name]} | {kind.role.replace('_', ' ')} | {_duration(kind.due)} | {exits} |"
        )
    return _page(
        "Tasks",
        "Every exception is a task with an owner, a due time and its only ways out. An overdue task is brought up "
        "again a day later to its owner, then to the lead, then to the supervisor, and from then on once a week. "
        "Who begins one takes it and gives it back if it comes to nothing; a supervisor hands it over. That says who "
        "is at it and binds nobody, and nobody holds the tasks of a user who comes in no more.",
        "| task | why it exists | owner | due after | ways out |\n| --- | --- | --- | --- | --- |",
        rows,
    )


def policies() -> str:
    """docs/policies.md"""
    rows = [f"| `{name}` | {one.value} | {one.source} |" for name, one in sorted(DEFAULTS.items())]
    return _page(
        "Policies",
        "Timers and limits are rows with effective dates, never constants. `zerobalance setup` writes these defaults; "
        "a practice's own row beats the default from its date on, and a row for one payer beats both. The unit is the "
        "last word of the name; a name without one is a switch, 1 for yes, unless its row says otherwise.",
        "| policy | default | where it comes from |\n| --- | --- | --- |",
        rows,
    )


def settings() -> str:
    """docs/settings.md"""
    rows = []
    for name, field in sorted(Settings.model_fields.items()):
        meaning = " ".join((field.description or "").split())
        default = "" if field.default in (None, PydanticUndefined) else f"`{_plain(field.default)}`"
        rows.append(f"| `{variable(name)}` | {default} | {meaning} |")
    return _page(
        "Settings",
        "Each is read from the environment or, when `ZEROBALANCE_SECRETS_DIR` names a directory, from a file in it "
        "with the same name in lower case. How Temporal is reached is read by Temporal's own profiles "
        "(`TEMPORAL_ADDRESS`, "
        "`TEMPORAL_PROFILE`, ...).",
        "| variable | default | meaning |\n| --- | --- | --- |",
        rows,
    )


def moving_in_files() -> str:
    """docs/moving-in-files.md"""
    parts = []
    for table in moving_files.TABLES:
        must = "needed" if table.required else "may be missing"
        parts += [f"## {table.file}", "", f"{table.about} ({must}).", "", "| column | | |", "| --- | --- | --- |"]
        parts += [f"| `{one.name}` | {'needed' if one.required else ''} | {one.about} |" for one in table.columns]
        parts += [""]
    return _page(
        "Files of an office that moves",
        "CSV in UTF-8 for [moving in](moving-in.md); a comma, a semicolon or a tab stands between the columns, in any "
        "order. Days are `2026-01-31` or `01/31/2026`, amounts `1,280.50`, below zero `-20.00` or `(20.00)`. A column "
        "of another name is a fault, so that nothing is lost by a slip. Text that begins like a formula is written "
        "behind an apostrophe, which reading takes off.",
        "",
        parts[:-1],
    )


def how_hard_to_read() -> str:
    """docs/reading-level.md"""
    said = reading_level.texts()
    rows = [f"| {key.replace('_', ' ')} | {text} | {reading_level.grade(text):.1f} |" for key, text in said.items()]
    whole = reading_level.grade(" ".join(text if text.endswith((".", "?")) else f"{text}." for text in said.values()))
    return _page(
        "How hard texts for patients are to read",
        "Every English text of more than a few words on a statement, of the e-mail about one, of the pay page's form "
        "for help and of the letters about help, with its grade of school by Flesch and Kincaid: 0.39 x words a "
        "sentence + 11.8 x syllables a word - 15.59. Numbers, addresses and what a visit fills in are left out. All "
        f"texts together: grade {whole:.1f}; none may be above {reading_level.MOST:.0f}. The Spanish texts are not "
        "measured: the formula is for English.",
        "| text | as it reads | grade |\n| --- | --- | --- |",
        rows,
    )


def roles() -> str:
    """docs/roles.md"""
    means = member_docstrings(ROOT / "billing" / "roles.py", "Permission")
    names = [one.value.replace("_", " ") for one in Permission]
    table = [
        f"| {role.replace('_', ' ')} | {' | '.join('yes' if one in PERMISSIONS[role] else '' for one in Permission)} |"
        for role in Role
    ]
    asked = [
        f"| {method} | `{route.path}` | {' or '.join(named.permissions).replace('_', ' ') if named else ''} |"
        for method, route in routes()
        for named in [requirement(route)]
    ]
    return _page(
        "Roles",
        "A person may have several roles and may do what any of them may; a task is worked by those of its own role, "
        "or with the right to approve. Nobody sees or changes anything of another practice: its rows are not there "
        "(404), but sums of figures where that practice lets them (month.md). A test asks every route as every "
        "role, and every route with a number as somebody of another practice.",
        f"| role | {' | '.join(names)} |\n| --- |{' --- |' * len(names)}",
        [
            *table,
            "",
            "## Permissions",
            "",
            *(f"- **{one.value.replace('_', ' ')}**: {means[one.name]}" for one in Permission),
            "",
            "## What each route asks for",
            "",
            "One of the permissions named. Where none is named the way is open: signing in and out, whether the "
            "office answers, signed notices of partners and of the card processor, and the pages of a patient under "
            "their secret link. Some ask for more where the thing itself does: an amount above a limit, "
            "or a page for taking in that shows who is there, which needs *view* too.",
            "",
            "| method | route | permission |",
            "| --- | --- | --- |",
            *asked,
        ],
    )


PAGES: dict[str, Callable[[], str]] = {
    "reading-level.md": how_hard_to_read,
    "edits.md": edits,
    "tasks.md": tasks,
    "policies.md": policies,
    "roles.md": roles,
    "settings.md": settings,
    "moving-in-files.md": moving_in_files,
    **x12_pages.PAGES,
}


def _page(title: str, about: str, head: str, rows: list[str]) -> str:
    return "\n".join([f"# {title}", "", RENEW, "", about, "", head, *rows, ""])


def _sentence(check: object) -> str:
    return " ".join((check.__doc__ or "").split())


def _plain(value: object) -> str:
    return str(value.as_posix() if isinstance(value, Path) else value)


def _duration(span: timedelta) -> str:
    if span.days:
        return f"{span.days} day{'s' if span.days > 1 else ''}"
    return f"{span.seconds // 3600} hours"


if __name__ == "__main__":
    (DOCS / "x12").mkdir(exist_ok=True)
    for page, write in PAGES.items():
        (DOCS / page).write_text(write(), encoding="utf-8")
