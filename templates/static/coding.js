// The claim edits look at the form while it is typed. Without this file the button "Check" asks them and the page comes back.
const form = document.getElementById("codes");
const check = document.getElementById("check");
const QUIET = 700;
const SLOW = 4000;
let asking;
let waiting;

function slots(name) {
  return Array.from(form.querySelectorAll("[data-findings]")).filter((one) => !name || one.dataset.findings === name);
}

function say(words) {
  slots("summary")[0].textContent = words;
}

function put(found) {
  for (const slot of slots()) slot.replaceChildren();
  for (const input of form.querySelectorAll("[name^='code.']")) input.removeAttribute("aria-invalid");
  for (const part of found.querySelectorAll("[data-findings]")) {
    const place = slots(part.dataset.findings)[0] ?? slots("elsewhere")[0];
    place.append(...document.importNode(part, true).childNodes);
    const input = form.elements[`code.${part.dataset.findings}`];
    if (input && "holds" in part.dataset) input.setAttribute("aria-invalid", "true");
  }
}

async function ask() {
  clearTimeout(waiting);
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const slow = setTimeout(() => { if (!signal.aborted) say("The check takes long. You need not wait for it to send the form."); }, SLOW);
  try {
    const answer = await fetch(`${form.dataset.check}?part=findings`, { method: "POST", body: new URLSearchParams(new FormData(form)), signal });
    if (answer.status === 401) say("Nothing was checked: you were signed out meanwhile. What you typed is still here.");
    else if (answer.status === 409) say("Nothing was checked: this task is not open any more. What you typed is still here.");
    else if (!answer.ok) say("The check failed, and says nothing of the codes. You can send the form all the same.");
    else {
      const text = await answer.text();
      if (!signal.aborted) put(new DOMParser().parseFromString(text, "text/html"));
    }
  } catch (error) {
    if (!signal.aborted) say("The check failed: the office cannot be reached. What you typed is still here.");
  } finally {
    clearTimeout(slow);
  }
}

function addLine(row) {
  const next = row.cloneNode(true);
  const number = row.rowIndex + 1;
  for (const element of next.querySelectorAll("*")) {
    for (const attribute of ["name", "id", "for", "data-findings", "aria-describedby", "aria-label"]) {
      const text = element.getAttribute(attribute);
      if (text) element.setAttribute(attribute, text.replace(/line\.\d+\./, `line.${number}.`).replace(/line \d+$/, `line ${number}`));
    }
    if (element.matches("[data-findings]")) element.replaceChildren();
    if (element.matches(".fault")) element.remove();
    if (element.matches("input")) {
      element.value = "";
      element.removeAttribute("aria-invalid");
    }
  }
  next.cells[0].innerHTML = `${number} <small class="quiet">new</small>`;
  row.after(next);
}

if (form && check) {
  form.addEventListener("input", (event) => {
    const row = event.target.closest("table.lines tbody tr:last-child");
    if (row && row.parentElement.rows.length < 50) addLine(row);
    clearTimeout(waiting);
    waiting = setTimeout(ask, QUIET);
  });
  form.addEventListener("submit", () => { clearTimeout(waiting); asking?.abort(); });
  check.addEventListener("click", (event) => { event.preventDefault(); ask(); });
  ask();
}
