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
