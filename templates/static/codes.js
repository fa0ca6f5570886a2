// Diagnoses by code or by words, from the tables of the day of service. Without this file what was used before is offered.
const offered = document.getElementById("diagnoses");
const used = offered?.innerHTML;
let searching;

async function offer(input) {
  const on = document.querySelector("[name='lines.0.service_date']")?.value ?? document.querySelector("[data-first-day]")?.dataset.firstDay ?? "";
  const query = new URLSearchParams({ system: "icd10cm", q: input.value, ...(on && { on }) });
  const response = await fetch(`/api/v1/codes?${query}`, { signal: searching.signal });
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
  if (!offered || !event.target.matches("[list='diagnoses']") || event.target.value.trim().length < 2) return;
  searching?.abort();
  searching = new AbortController();
  const { signal } = searching;
  setTimeout(() => { if (!signal.aborted) offer(event.target).catch(() => {}); }, 150);
});
