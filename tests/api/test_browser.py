"""In a real browser: sign in, work, and read a workflow's decoded input under our own origin."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Page, async_playwright

from activities import ids
from activities.messages import StartEncounter
from api.app import create_app
from billing.roles import Role
from billing.tasks import NewTask, TaskType
from database import access
from settings import Settings
from temporal import client, engine
from tests.api.conftest import KEYRING, Book
from tests.code_editions import FY2026, FY2027, load

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs chromium (make system)")


@dataclass
class Served:
    """The application on a real port, with the real engine and its web interface behind it."""

    origin: str
    encounter_id: str
    workflow_page: str


@pytest.fixture
async def served(book: Book) -> AsyncIterator[Served]:
    settings = Settings(
        data_dir=book.settings.data_dir,
        temporal_port=engine.free_port(),
        temporal_ui_port=engine.free_port(),
        api_port=engine.free_port(),
    )
    with book.database.writing() as session:
        access.add_user(
            session,
            practice_id=book.practice_id,
            login="lead",
            display_name="Lee Lead",
            roles=[Role.SUPERVISOR],
            password="open sesame",
        )
    encounter_id = book.encounter().id
    workflow_id = ids.encounter_workflow(book.practice_id, encounter_id)
    async with engine.start_engine(settings, in_memory=True) as running:
        connected = await client.connect(settings, KEYRING, address=running.address)
        start = StartEncounter(practice_id=book.practice_id, encounter_id=encounter_id)
        await connected.start_workflow("EncounterBilling", start, id=workflow_id, task_queue="nobody-listens")
        app = create_app(settings, book.database, client=connected, keyring=KEYRING, clock=book.clock)
        server = uvicorn.Server(uvicorn.Config(app, port=settings.api_port, log_level="error", ws="none"))
        serving = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.05)
        page = f"/temporal/namespaces/default/workflows/{workflow_id.replace('/', '%2F')}"
        yield Served(f"http://127.0.0.1:{settings.api_port}", encounter_id, page)
        server.should_exit = True
        await serving


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield await browser.new_page()
        await browser.close()


async def sign_in(page: Page, served: Served) -> list[str]:
    """Sign in; gives the list in which the browser's refusals by policy are gathered."""
    refused_by_policy: list[str] = []
    page.on("console", lambda message: refused_by_policy.append(message.text) if "Policy" in message.text else None)
    await page.goto(served.origin + "/sign-in")
    await page.fill("#login", "lead")
    await page.fill("#password", "open sesame")
    await page.click("main button[type=submit]")
    return refused_by_policy


async def test_a_patient_is_found_and_gets_a_new_visit(served: Served, page: Page) -> None:
    refused_by_policy = await sign_in(page, served)
    await page.click("nav >> text=Patients")
    await page.wait_for_selector("#q:focus")
    await page.keyboard.type("zwie")
    await page.keyboard.press("Enter")
    await page.click("text=Zwiebelturm, Ottilie")
    await page.click("main >> text=New visit")
    assert await page.input_value("[id='coverage.member_id']") == "QX99887766"

    await page.wait_for_selector("[id='diagnoses.0']:focus")
    await page.keyboard.type("E119")
    await page.fill("[id='lines.0.procedure']", "99214")
    await page.fill("[id='lines.0.charge']", "a lot")
    await page.click("text=One more line")
    await page.wait_for_selector("[id='lines.1.procedure']:focus")
    await page.keyboard.type("87880")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("[id='lines.0.charge-fault']")
    await page.wait_for_selector("[id='lines.0.charge']:focus")
    assert await page.input_value("[id='lines.1.procedure']") == "87880"

    await page.fill("[id='lines.0.charge']", "210")
    await page.click("[aria-label='Remove line 2']")
    await page.click("button:not(.first):has-text('Open the visit')")
    await page.wait_for_selector("text=The visit is open.")
    assert await page.locator("table >> text=$210.00").first.is_visible()
    assert await page.get_by_text("E11.9", exact=True).first.is_visible()
    assert refused_by_policy == []


async def test_a_patient_is_registered_mended_and_gets_a_first_visit(served: Served, page: Page) -> None:
    refused_by_policy = await sign_in(page, served)
    await page.click("nav >> text=Patients")
    await page.click("main >> text=New patient")
    await page.wait_for_selector("[id='patient.last_name']:focus")
    await page.keyboard.type("Zwiebelturm")
    await page.fill("[id='patient.birth_date']", "1970-05-01")
    await page.fill("#telephone", "555")
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#telephone:focus")
    await page.fill("#telephone", "614 555 0100")
    await page.click("button:has-text('Register')")
    await page.wait_for_selector("main >> text=Zwiebelturm, Ottilie")
    await page.fill("[id='patient.first_name']", "Otto")
    await page.click("text=This is another person: register")

    await page.wait_for_selector("text=The patient is registered.")
    await page.click("main >> text=Edit")
    await page.fill("[id='patient.suffix']", "Jr")
    await page.click("button:has-text('Save')")
    await page.wait_for_selector("text=Done.")
    await page.click("main >> text=New visit")
    await page.wait_for_selector("#payer:focus")
    assert await page.input_value("[id='patient.suffix']") == "Jr"
    assert refused_by_policy == []


async def test_a_signed_in_person_works_and_reads_what_the_engine_keeps(served: Served, page: Page) -> None:
    refused_by_policy: list[str] = []
    page.on("console", lambda message: refused_by_policy.append(message.text) if "Policy" in message.text else None)
    await page.goto(served.origin + served.workflow_page)
    assert page.url == served.origin + "/sign-in"

    await page.fill("#login", "lead")
    await page.fill("#password", "open sesame")
    await page.click("main button[type=submit]")
    await page.click("nav >> text=Worklist")
    await page.click("table >> text=VISIT-1")
    await page.click("text=Record a payment of the patient")
    await page.fill("#payment-amount", "12.50")
    await page.click("button:has-text('Record the payment')")
    await page.wait_for_selector("text=Done.")

    await page.click("text=Its workflow's page")
    await page.wait_for_selector(f'text={served.encounter_id}"')
    assert await page.get_by_text("Request Cancellation").first.is_disabled()
    assert refused_by_policy == []

    await page.goto(served.origin)
    await page.click("text=Sign out")
    decoded = await page.request.post(served.origin + "/codec/decode", data="{}")
    assert decoded.status == 401


async def test_a_diagnosis_is_offered_by_words_from_the_edition_of_the_day(
    book: Book, served: Served, page: Page
) -> None:
    load(book.database, FY2026, FY2027)
    refused_by_policy = await sign_in(page, served)
    await page.goto(served.origin + "/visits/new")
    offered = page.locator("#diagnoses option")
    before = await offered.count()

    await page.locator("[id='diagnoses.0']").press_sequentially("mellitus diab", delay=20)
    await page.wait_for_selector("#diagnoses option[value='E11.9']", state="attached")
    words = await page.locator("#diagnoses option[value='E11.9']").text_content()
    await page.fill("[id='diagnoses.1']", "j06.8")
    await page.wait_for_selector("#diagnoses option[value='J06.8']", state="attached")
    old_year = await offered.count()
    await page.fill("[id='lines.0.service_date']", "2026-10-01")
    await page.fill("[id='diagnoses.2']", "J068")
    await page.wait_for_selector("#diagnoses option[value='J06.82']", state="attached")

    assert words == "Type 2 diabetes mellitus without complications (mellitus diab)"
    assert (old_year, await offered.count()) == (before + 1, before + 2)
    assert refused_by_policy == []


async def test_the_edits_look_at_codes_while_they_are_typed(book: Book, served: Served, page: Page) -> None:
    load(book.database, FY2026, FY2027)
    task = book.task(NewTask(TaskType.CODE_REVIEW, key="1", reason="A second look."), subject_id=served.encounter_id)
    refused_by_policy = await sign_in(page, served)
    await page.click("text=Review the codes")
    await page.wait_for_selector("text=Nothing was saved.")
    await page.locator("[id='code.diagnoses.2']").press_sequentially("mellitus diab", delay=20)
    await page.wait_for_selector("#diagnoses option[value='E11.9']", state="attached")
    await page.fill("[id='code.diagnoses.2']", "")
    await page.fill("[id='code.line.2.pointers']", "2")
    finding = page.locator("[data-findings='line.2.pointers']")
    await finding.locator("text=C01 holds the claim").wait_for()
    assert await page.get_attribute("[id='code.line.2.pointers']", "aria-invalid") == "true"

    await page.fill("[id='code.line.3.procedure']", "9")
    await page.locator("[data-findings='line.3.procedure'] >> text=is not a procedure code").wait_for()
    await page.fill("[id='code.line.4.procedure']", "99213")
    await page.fill("[id='code.line.3.procedure']", "85025")
    await page.fill("[id='code.line.3.charge']", "12")
    await page.fill("[id='code.line.4.charge']", "80")
    await page.fill("[id='code.line.2.pointers']", "1")
    await page.wait_for_selector("text=Nothing holds the claim")
    assert await finding.text_content() == ""

    await page.route("**/check?part=findings", lambda route: route.abort())
    await page.fill("[id='code.line.1.units']", "2")
    await page.wait_for_selector("text=The check failed: the office cannot be reached.")
    assert await page.locator("button:has-text('Recoded')").is_enabled()
    await page.unroute("**/check?part=findings")
    await page.click("#check")
    await page.wait_for_selector("text=Nothing was saved.")
    assert await page.input_value("[id='code.line.1.units']") == "2"
    assert task.id in page.url
    assert refused_by_policy == []


async def test_what_was_typed_outlasts_the_sign_in(served: Served, page: Page) -> None:
    refused_by_policy = await sign_in(page, served)
    await page.clock.install()
    await page.goto(served.origin + "/patients/new")
    await page.fill("[id='patient.last_name']", "Zwiebel")
    await page.clock.fast_forward("02:00")
    async with page.expect_response("**/session") as heard:
        await page.fill("[id='patient.first_name']", "Otto")
    assert (await heard.value).status == 204

    [cookie] = await page.context.cookies()
    await page.context.clear_cookies()
    await page.clock.fast_forward("16:00")
    await page.click("button:has-text('Register')")
    await page.wait_for_selector("text=you were signed out meanwhile")
    assert await page.input_value("[id='patient.last_name']") == "Zwiebel"

    await page.context.add_cookies([cookie])
    await page.click("button:has-text('Register')")
    await page.wait_for_selector("text=The patient is registered.")
    assert [one for one in refused_by_policy if "401" not in one] == []


async def open_desk(book: Book, served: Served, page: Page) -> str:
    """Sign in and open a coder's task; gives its page's path."""
    task = book.task(NewTask(TaskType.CODE_REVIEW, key="1", reason="A second look."), subject_id=served.encounter_id)
    await sign_in(page, served)
    await page.goto(f"{served.origin}/tasks/{task.id}")
    return f"/tasks/{task.id}"


async def drafts(page: Page) -> list[str]:
    """The keys of what the tab keeps, without whose they are."""
    found: list[str] = await page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('draft/'))")
    return sorted(key.split("/", 2)[2] for key in found)


async def test_sending_one_form_of_the_desk_empties_no_other(book: Book, served: Served, page: Page) -> None:
    path = await open_desk(book, served, page)
    refused: list[str] = []
    page.on("pageerror", lambda error: refused.append(str(error)))
    await page.fill("[id='code.diagnoses.2']", "E11.9")
    await page.fill("[id='code.line.3.procedure']", "85025")
    await page.fill("[id='code.line.4.procedure']", "99213")
    await page.fill("[id='code.line.1.units']", "many")
    await page.click("summary:has-text('Ask the provider')")
    await page.fill("[name='value.question']", "Which side?")
    await page.click("summary:has-text('Bring the note')")
    await page.fill("#visit-note-text", "Rales on the left.")
    await page.click("button:has-text('Keep the note')")
    await page.wait_for_selector(".words >> text=Rales on the left.")
    assert await page.input_value("[id='code.diagnoses.2']") == "E11.9"
    assert await page.input_value("[id='code.line.4.procedure']") == "99213"
    assert await page.input_value("[name='value.question']") == "Which side?"
    assert await page.input_value("#visit-note-text") == ""
    assert await page.locator("#codes >> text=is back").count() == 1

    await page.click("summary:has-text('Add to the note')")
    await page.fill("#visit-note-text", "None on the right.")
    await page.set_input_files("#visit-note-file", {"name": "scan.png", "mimeType": "image/png", "buffer": b"x"})
    await page.click("button:has-text('Recoded')")
    await page.wait_for_selector("[id='codes-line.1.units-fault']")
    assert await page.input_value("#visit-note-text") == "None on the right."
    assert await page.locator("text=Choose it again: scan.png").is_visible()
    assert await page.input_value("[name='value.question']") == "Which side?"
    assert await page.input_value("[id='code.line.1.units']") == "many"

    await page.fill("[name='value.question']", "")
    await page.click("button:has-text('Ask the provider')")
    await page.wait_for_selector("text=What was sent has faults")
    assert await page.input_value("[id='code.diagnoses.2']") == "E11.9"
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.goto(f"{served.origin}/encounters/{served.encounter_id}")
    assert await page.locator("li >> text=diagnoses.2: E11.9").is_visible()
    await page.goto(served.origin + path)
    await page.locator("#codes >> text=Discard it").click()
    assert await page.input_value("[id='code.diagnoses.2']") == ""
    assert [one for one in await drafts(page) if one.endswith("codes")] == []
    assert refused == []


async def test_what_was_typed_is_nobody_elses(book: Book, served: Served, page: Page) -> None:
    path = await open_desk(book, served, page)
    page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.accept()))
    await page.fill("[id='code.diagnoses.2']", "E11.9")
    assert await drafts(page) == [f"{served.encounter_id}/codes"]
    await page.click("text=Sign out")
    await page.wait_for_url("**/sign-in")
    assert await drafts(page) == []

    await sign_in(page, served)
    await page.goto(served.origin + path)
    assert await page.input_value("[id='code.diagnoses.2']") == ""
    await page.fill("[id='code.diagnoses.2']", "E11.9")
    with book.database.writing() as session:
        person = access.person_of_token(session, book.tokens[Role.SUPERVISOR], at=book.now)
        assert person is not None
        other = access.open_session(session, user_id=person.user_id, at=book.now)
    await page.context.add_cookies([{"name": "zerobalance_session", "value": other, "url": served.origin}])
    await page.goto(served.origin + path)
    assert await page.input_value("[id='code.diagnoses.2']") == ""
    assert await drafts(page) == []


async def test_what_was_sent_without_a_sign_in_is_there_after_it(book: Book, served: Served, page: Page) -> None:
    path = await open_desk(book, served, page)
    await page.fill("[id='code.diagnoses.2']", "E11.9")
    await page.context.clear_cookies()
    await page.click("button:has-text('Recoded')")
    await page.wait_for_url("**/sign-in?back=**")
    await page.fill("#login", "lead")
    await page.fill("#password", "open sesame")
    await page.click("main button[type=submit]")
    await page.wait_for_url(f"**{path}")
    assert await page.input_value("[id='code.diagnoses.2']") == "E11.9"


@pytest.mark.parametrize("width", [1280, 400])
async def test_the_list_of_fields_stays_within_the_page(book: Book, served: Served, page: Page, width: int) -> None:
    path = await open_desk(book, served, page)
    await page.set_viewport_size({"width": width, "height": 800})
    for place in (path, f"/encounters/{served.encounter_id}"):
        await page.goto(served.origin + place)
        await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert await page.locator("text=Which fields are there?").first.is_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, place
