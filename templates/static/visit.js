// Lines come and go without a way to the office. Without this file the same buttons post the form back.
const table = document.querySelector("table.lines tbody");
const add = document.getElementById("add-line");

function renumber() {
  Array.from(table.rows).forEach((row, number) => {
    for (const element of row.querySelectorAll("[name^='lines.'], label")) {
      for (const attribute of ["name", "id", "for"]) {
        const text = element.getAttribute(attribute);
        if (text) element.setAttribute(attribute, text.replace(/^lines\.\d+\./, `lines.${number}.`));
      }
    }
    const remove = row.querySelector(".remove");
    remove.value = `remove-line-${number}`;
    remove.setAttribute("aria-label", `Remove line ${number + 1}`);
  });
}

add?.addEventListener("click", (event) => {
  if (table.rows.length >= 50) return;
  event.preventDefault();
  const last = table.rows[table.rows.length - 1];
  const row = last.cloneNode(true);
  for (const fault of row.querySelectorAll(".fault")) fault.remove();
  for (const input of row.querySelectorAll("input, select")) {
    const name = input.name.split(".").pop();
    const kept = { service_date: last.querySelector("[name$='.service_date']").value, units: "1", unit_basis: "UN" };
    input.value = kept[name] ?? "";
    input.removeAttribute("aria-invalid");
    input.removeAttribute("aria-describedby");
    input.removeAttribute("autofocus");
  }
  table.append(row);
  renumber();
  row.querySelector("[name$='.procedure']").focus();
});

table.addEventListener("click", (event) => {
  const button = event.target.closest(".remove");
  if (!button || table.rows.length === 1) return;
  event.preventDefault();
  button.closest("tr").remove();
  renumber();
  table.querySelector("[name$='.procedure']").focus();
});

for (const [select, details] of [["coverage.relationship", "subscriber"], ["second.relationship", "second-subscriber"]]) {
  const relationship = document.getElementById(select);
  relationship?.addEventListener("change", () => {
    document.getElementById(details).open = relationship.value !== "18";
  });
}

// Diagnoses by code or by words, from the tables of the day of service. Without this file what was used before is offered.
const offered = document.getElementById("diagnoses");
const used = offered?.innerHTML;
let asking;

async function offer(input) {
  const on = document.querySelector("[name='lines.0.service_date']")?.value ?? "";
  const query = new URLSearchParams({ system: "icd10cm", q: input.value, ...(on && { on }) });
  const response = await fetch(`/api/v1/codes?${query}`, { signal: asking.signal });
  if (!response.ok) return;
  const { items } = await response.json();
  offered.innerHTML = used;
  for (const one of items.filter((item) => item.is_billable)) {
    const option = document.createElement("option");
    option.value = one.code;
    // A browser shows an option only where it contains what was typed: other words are put behind, with the reason.
    const fits = `${one.code} ${one.long}`.toLowerCase().includes(input.value.toLowerCase());
    option.textContent = fits ? one.long : `${one.long} (${input.value}${one.why ? ` \u2013 ${one.why}` : ""})`;
    offered.append(option);
  }
}

document.addEventListener("input", (event) => {
  if (!offered || !event.target.matches("[name^='diagnoses.']") || event.target.value.trim().length < 2) return;
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  setTimeout(() => { if (!signal.aborted) offer(event.target).catch(() => {}); }, 150);
});
