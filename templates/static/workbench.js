// Nothing typed is lost by accident: leaving a page with a half-filled form asks first, and a form is sent once.
const MINUTE = 60000;
const isInside = document.querySelector("form[action='/sign-out']") !== null;
let heard = Date.now();

async function isSignedIn() {
  const answer = await fetch("/session");
  if (answer.status !== 401) heard = Date.now();
  return answer.status !== 401;
}

function tell(form, words, link) {
  form.querySelector(".unsent")?.remove();
  const said = document.createElement("p");
  said.className = "error unsent";
  said.setAttribute("role", "alert");
  said.append(words);
  if (link) {
    const door = document.createElement("a");
    Object.assign(door, { href: "/sign-in", target: "_blank", textContent: "Sign in in another tab" });
    said.append(door, ", then send it again: what you typed is still here.");
  }
  form.append(said);
}

// Typing is use of the workbench, of which the office hears at most once a minute.
document.addEventListener("input", () => {
  if (!isInside || Date.now() - heard < MINUTE) return;
  heard = Date.now();
  isSignedIn().catch(() => {});
});

// After a long silence the sign-in may have ended, and what was typed would go with it: that is asked before it is sent.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!isInside || form.method !== "post" || Date.now() - heard < 10 * MINUTE) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  isSignedIn().then(
    (is) => (is ? form.requestSubmit(event.submitter) : tell(form, "Nothing was sent: you were signed out meanwhile. ", true)),
    () => tell(form, "Nothing was sent: the office cannot be reached. Send it again in a while."),
  );
}, true);

// How much room is left in a text of limited length.
function count(area) {
  const said = document.getElementById(area.dataset.counts);
  said.textContent = `${(area.maxLength - area.value.length).toLocaleString("en-US")} of ${area.maxLength.toLocaleString("en-US")} characters left`;
}
document.addEventListener("input", (event) => { if (event.target.matches("[data-counts]")) count(event.target); });

// The search from anywhere, by keyboard.
document.addEventListener("keydown", (event) => {
  const box = document.querySelector("form.search input");
  if (!box || event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  box.focus();
  box.select();
});

let typed = document.querySelector("[data-unsaved]") !== null;
document.addEventListener("input", () => { typed = true; });
document.addEventListener("submit", (event) => {
  typed = false;
  for (const button of event.target.querySelectorAll("button[type=submit]")) {
    setTimeout(() => { button.disabled = true; }, 0);
  }
});
window.addEventListener("beforeunload", (event) => { if (typed) event.preventDefault(); });
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button[type=submit]")) button.disabled = false;
});

// A menu closes when something else is chosen, and by Escape, which leads back to its name.
const menus = document.querySelectorAll("header details.dropdown");
document.addEventListener("click", (event) => {
  for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus) {
    if (!menu.open) continue;
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// One box chooses all of a list.
document.addEventListener("change", (event) => {
  const { chooses } = event.target.dataset;
  if (chooses) for (const box of document.getElementsByName(chooses)) box.checked = event.target.checked;
});
