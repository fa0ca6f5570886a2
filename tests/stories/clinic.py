"""A clinic whose people work through the API or through a browser: the same deeds, told in a biller's words.

Behind both stands the whole office: the application, the worker, the real engine with time that passes when told.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import httpx
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, Page, async_playwright

from api.app import create_app
from billing.roles import Role
from database import access
from database.columns import new_id
from templates import rendering
from temporal import engine as embedded
from tests.builders import a_payment, an_835
from tests.office import Office
from tests.stories.running import Running, running

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
Visit = dict[str, Any]
"""The body of POST /api/v1/encounters"""


@dataclass(frozen=True)
class Seen:
    """What a person reads on a visit."""

    stage: str
    balance: str
    """Dollars"""
    tasks: tuple[str, ...]
    """Titles of what waits for a person"""


class Hands(Protocol):
    """What the people of a clinic do. `home` is where a task is found: `encounters/ID` or `accounts/ID`."""

    async def open_visit(self, role: Role, visit: Visit) -> str: ...

    async def finish(self, role: Role, home: str, resolution: str, **values: str) -> None: ...

    async def take_payment(self, role: Role, encounter: str, amount: str, method: str) -> None: ...

    async def amend(self, role: Role, encounter: str, change: str, **values: str) -> None: ...

    async def close_till(self, role: Role, cash: str, cheques: str) -> None: ...

    async def deposit(self, role: Role, reference: str, payer_cheques: str) -> None: ...

    async def enrol(self, role: Role, payer: str, npi: str, kind: str, state: str) -> None: ...

    async def see(self, role: Role, encounter: str) -> Seen: ...


@dataclass
class ByApi:
    """A program in the hands of each person, with that person's token."""

    app: FastAPI
    office: Office
    tokens: dict[Role, str]

    async def _call(self, role: Role, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[role]}", "Idempotency-Key": new_id()}
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://office.test", headers=headers) as client:
            response = await client.request(method, f"/api/v1/{path}", json=body)
        assert response.is_success, response.text
        return response.json()

    async def open_visit(self, role: Role, visit: Visit) -> str:
        return str((await self._call(role, "POST", "encounters", visit))["encounter_id"])

    async def finish(self, role: Role, home: str, resolution: str, **values: str) -> None:
        shown = await self._call(role, "GET", home)
        task = next(
            one
            for one in shown["tasks"]
            if one["state"] == "open" and resolution in {way["name"] for way in one["resolutions"]}
        )
        await self._call(role, "POST", f"tasks/{task['id']}/complete", {"resolution": resolution, "values": values})

    async def take_payment(self, role: Role, encounter: str, amount: str, method: str) -> None:
        body = {"amount": amount, "method": method, "received_on": str(self.office.today)}
        await self._call(role, "POST", f"encounters/{encounter}/payments", body)

    async def amend(self, role: Role, encounter: str, change: str, **values: str) -> None:
        await self._call(role, "POST", f"encounters/{encounter}/amendments", {"change": change, "values": values})

    async def close_till(self, role: Role, cash: str, cheques: str) -> None:
        day = self.office.today
        for one in await self._call(role, "GET", f"tills/{day}"):
            if one["closed_at"] is None and one["name"] == role.replace("_", " ").capitalize():
                body = {"cash": cash, "cheques": cheques}
                await self._call(role, "POST", f"tills/{day}/{one['user_id']}/close", body)

    async def deposit(self, role: Role, reference: str, payer_cheques: str) -> None:
        await self._call(role, "POST", "tills/deposits", {"reference": reference, "payer_cheques": payer_cheques})

    async def enrol(self, role: Role, payer: str, npi: str, kind: str, state: str) -> None:
        body = {"payer_id": payer, "npi": npi, "kind": kind, "state": state, "reason": "the payer's letter"}
        await self._call(role, "PUT", "enrolments", body)

    async def see(self, role: Role, encounter: str) -> Seen:
        shown = await self._call(role, "GET", f"encounters/{encounter}")
        waiting = tuple(one["title"] for one in shown["tasks"] if one["state"] == "open")
        return Seen(shown["stage"].replace("_", " "), rendering.dollars(shown["owed_cents"]), waiting)


@dataclass
class ByBrowser:
    """Chromium, and a window of its own for each person."""

    origin: str
    office: Office
    tokens: dict[Role, str]
    browser: Browser
    windows: dict[Role, Page] = field(default_factory=dict)

    async def _window(self, role: Role, path: str) -> Page:
        if role not in self.windows:
            self.windows[role] = await (await self.browser.new_context()).new_page()
        page = self.windows[role]
        await page.goto(f"{self.origin}/{path}")
        if "/sign-in" in page.url:
            await self._sign_in(page, role)
            await page.goto(f"{self.origin}/{path}")
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        return page

    async def _sign_in(self, page: Page, role: Role) -> None:
        """A session of one's own, at the beginning and after days away."""
        with self.office.database.writing() as session:
            person = access.person_of_token(session, self.tokens[role], at=self.office.now)
            assert person is not None
            cookie = access.open_session(session, user_id=person.user_id, at=self.office.now)
        await page.context.add_cookies([{"name": "zerobalance_session", "value": cookie, "url": self.origin}])

    async def _send(self, page: Page, form: str, typed: Mapping[str, str]) -> None:
        """Fill in the form that `form` selects, press its button, and read that it was taken."""
        for name, text in typed.items():
            await page.locator(f"{form} [name='{name}']").fill(text)
        await page.locator(f"{form} button[type=submit]").last.click()
        await page.wait_for_selector("p.notice[role=status]")

    async def open_visit(self, role: Role, visit: Visit) -> str:
        page = await self._window(role, "visits/new")
        for _ in visit["lines"][1:]:
            await page.click("#add-line")
        chosen = await self._choose_known(page, visit)
        for name, text in _typed(visit).items():
            if name.startswith(chosen):
                continue
            control = page.locator(f"form.visit [name='{name}']")
            if await control.evaluate("one => one.tagName") == "SELECT":
                await control.select_option(text)
            else:
                await control.fill(text)
        await page.click("button:not(.first):has-text('Open the visit')")
        await page.wait_for_selector("text=The visit is open.")
        return page.url.split("/encounters/")[1].split("?")[0]

    async def _choose_known(self, page: Page, visit: Visit) -> tuple[str, ...]:
        """Choose from the lists whom the practice knows; gives the inputs that need no typing then."""
        payer = visit["coverage"]["payer"]
        wanted = {
            "payer": (f"({payer['id']})", "coverage.payer."),
            "billing": (f"({visit['providers']['billing']['npi']})", "providers.billing."),
            "rendering": (f"({visit['providers']['rendering']['npi']})", "providers.rendering."),
        }
        chosen = []
        for select, (words, inputs) in wanted.items():
            offered = page.locator(f"form.visit select[name='{select}'] option", has_text=words)
            if await offered.count():
                value = await offered.first.get_attribute("value")
                await page.select_option(f"form.visit select[name='{select}']", value)
                chosen.append(inputs)
        return tuple(chosen)

    async def finish(self, role: Role, home: str, resolution: str, **values: str) -> None:
        page = await self._window(role, home)
        form = f"article.task:not(.done) form:has(input[name='resolution'][value='{resolution}'])"
        await self._send(page, form, {f"value.{name}": text for name, text in values.items()})

    async def take_payment(self, role: Role, encounter: str, amount: str, method: str) -> None:
        page = await self._window(role, f"encounters/{encounter}")
        await page.select_option("#payment-method", method)
        await self._send(page, "form[action$='/payments']", {"amount": amount})

    async def amend(self, role: Role, encounter: str, change: str, **values: str) -> None:
        page = await self._window(role, f"encounters/{encounter}")
        form = f"form[action$='/amendments']:has(input[name='change'][value='{change}'])"
        await self._send(page, form, {f"value.{name}": text for name, text in values.items()})

    async def close_till(self, role: Role, cash: str, cheques: str) -> None:
        page = await self._window(role, "day-close")
        await self._send(page, "form[action$='/close']", {"cash": cash, "cheques": cheques})

    async def deposit(self, role: Role, reference: str, payer_cheques: str) -> None:
        page = await self._window(role, "day-close")
        typed = {"reference": reference, "payer_cheques": payer_cheques}
        await self._send(page, "form[action$='/deposit']", typed)

    async def enrol(self, role: Role, payer: str, npi: str, kind: str, state: str) -> None:
        page = await self._window(role, f"setup/enrolments/edit?payer={payer}&npi={npi}&kind={kind}")
        await page.select_option("#enrolment-state", state)
        await self._send(page, "form[action='/setup/enrolments/edit']", {"reason": "the payer's letter"})

    async def see(self, role: Role, encounter: str) -> Seen:
        page = await self._window(role, f"encounters/{encounter}")
        facts = dict(
            await page.eval_on_selector_all(
                "dl.facts > div", "all => all.map(one => [...one.children].map(part => part.innerText.trim()))"
            )
        )
        titles = await page.locator("article.task:not(.done) h3").all_inner_texts()
        waiting = tuple(title.split(" · ")[0] for title in titles)
        return Seen(facts["Stage"].lower(), facts["Balance"].split(" ")[0], waiting)


def _typed(visit: Visit) -> dict[str, str]:
    """The visit as it is typed into the form, input by input."""
    typed = {**_flat("patient", visit["patient"]), **_flat("coverage", visit["coverage"])}
    for role in ("billing", "rendering"):
        typed |= _flat(f"providers.{role}", visit["providers"][role])
    for place, code in enumerate(visit["diagnoses"]):
        typed[f"diagnoses.{place}"] = code
    for row, line in enumerate(visit["lines"]):
        texts = {name: " ".join(text) if isinstance(text, list) else text for name, text in line.items()}
        typed |= {f"lines.{row}.{name}": text for name, text in texts.items()}
    return typed


def _flat(prefix: str, body: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in body.items():
        if isinstance(value, Mapping):
            found |= _flat(f"{prefix}.{name}", value)
        else:
            found[f"{prefix}.{name}"] = value
    return found


@dataclass
class Clinic:
    """One office that runs, and the hands of its people."""

    live: Running
    hands: Hands

    @property
    def office(self) -> Office:
        return self.live.office

    async def settled(self, encounter: str) -> None:
        """The office has done what it can by itself."""
        await self.live.settle(encounter)

    async def visits(self, visit: Visit) -> str:
        """The front desk opens a visit, and the office takes it up."""
        encounter = await self.hands.open_visit(Role.FRONT_DESK, visit)
        await self.settled(encounter)
        return encounter

    async def finishes(self, role: Role, encounter: str, resolution: str, **values: str) -> None:
        """Somebody ends a task of a visit, and the office goes on."""
        await self.hands.finish(role, f"encounters/{encounter}", resolution, **values)
        await self.settled(encounter)

    async def sees(self, encounter: str, role: Role = Role.SUPERVISOR) -> Seen:
        return await self.hands.see(role, encounter)


@asynccontextmanager
async def clinic(office: Office, engine: Any, way: str) -> AsyncIterator[Clinic]:
    """The office at work, and its people at an API client or a browser."""
    async with running(office, engine) as live:
        settings = engine.settings.model_copy(
            update={"public_url": "http://127.0.0.1", "api_port": embedded.free_port()}
        )
        with office.database.writing() as session:
            tokens = access.install_staff(
                session, practice_id=office.practice_id, prefix=office.practice_id, at=office.now
            )
        app = create_app(
            settings, office.database, client=engine.client, keyring=engine.keyring, clock=lambda: office.now
        )
        if way == "api":
            yield Clinic(live, ByApi(app, office, tokens))
            return
        server = uvicorn.Server(uvicorn.Config(app, port=settings.api_port, log_level="error", ws="none"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.05)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            origin = f"http://127.0.0.1:{settings.api_port}"
            yield Clinic(live, ByBrowser(origin, office, tokens, browser))
            await browser.close()
        server.should_exit = True
        await serving


def a_visit(house: Clinic, **changes: Any) -> Visit:
    """A visit of the day before yesterday: one service, complete."""
    day = str(house.office.today - timedelta(days=2))
    visit: Visit = {
        "external_id": f"V{house.office.practice_id[:8]}",
        "patient": {
            "last_name": "Doe",
            "first_name": "Jane",
            "birth_date": "1980-01-01",
            "sex": "F",
            "address": {"street": "1 Elm St", "city": "Anytown", "state": "OH", "postal_code": "44101"},
        },
        "coverage": {"payer": {"id": "99999", "name": "Example Payer"}, "member_id": "ABC123456"},
        "providers": {
            "billing": {
                "npi": "1999999984",
                "last_name": "Example Clinic",
                "tax_id": "987654320",
                "address": {"street": "100 Main St", "city": "Anytown", "state": "OH", "postal_code": "441011234"},
            },
            "rendering": {"npi": "1999999976", "last_name": "Smith", "first_name": "Ann"},
        },
        "diagnoses": ["J06.9"],
        "lines": [{"procedure": "99213", "service_date": day, "charge": "150.00"}],
    }
    return visit | changes


def without(visit: Visit, part: str, name: str) -> Visit:
    """The same visit with a gap."""
    return visit | {part: {key: value for key, value in visit[part].items() if key != name}}


def seen(stage: str, balance: str, *tasks: str) -> Seen:
    return Seen(stage, balance, tasks)


async def answered(house: Clinic, encounter: str, **changes: Any) -> None:
    """The payer's remittance comes."""
    office = house.office
    payment = a_payment(office.submission(encounter).control_number, **changes)
    office.deliver_835(an_835(payment, trace=f"EFT{office.now:%m%d%H%M}{changes.get('payer_claim_number', '')}"))
    await house.live.tell(encounter)
