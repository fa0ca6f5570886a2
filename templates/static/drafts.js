// What was typed and not sent stays in this tab, for who typed it, until its form is sent: sending one form empties no other.
{
  const DRAFT = "draft/";
  const SENT = "sent";
  const me = document.body.dataset.person;
  const mine = `${DRAFT}${me}/`;
  let isRestoring = false;

  const keyOf = (form) => mine + form.dataset.draft;
  const keys = () => Object.keys(sessionStorage).filter((key) => key.startsWith(DRAFT));
  const inputsOf = (form) => Array.from(form.elements).filter((one) => one.name && one.matches("input:not([type=hidden]), textarea"));
  const filledOf = (form) => JSON.parse(form.elements.namedItem("filled")?.value || "{}");
  const firstOf = (filled, name) => filled[name.replace(/^code\./, "")] ?? "";

  // [name, text, what the input was filled with]; of a file its name alone, for a page may not choose one by itself.
  const typedInto = (form) => {
    const filled = filledOf(form);
    return inputsOf(form)
      .filter((one) => one.value !== firstOf(filled, one.name) || one.value !== one.defaultValue)
      .map((one) => [one.name, one.type === "file" ? one.files[0]?.name ?? "" : one.value, firstOf(filled, one.name)]);
  };

  const save = (form) => {
    const typed = typedInto(form);
    if (typed.length) sessionStorage.setItem(keyOf(form), JSON.stringify(typed));
    else sessionStorage.removeItem(keyOf(form));
  };

  const said = (words, discard) => {
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.setAttribute("role", "status");
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "secondary outline", textContent: "Discard it" });
    button.addEventListener("click", () => { discard(); notice.parentElement.querySelectorAll(":scope > .drafted").forEach((one) => one.remove()); notice.remove(); });
    notice.append(`${words} `, button);
    return notice;
  };

  const putBack = (form, input, name, text) => {
    if (input.type === "file") {
      const hint = document.createElement("small");
      hint.className = "notice drafted";
      hint.textContent = `Choose it again: ${text}`;
      input.after(hint);
    } else {
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
    for (let box = input.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
  };

  const restore = (form) => {
    const kept = sessionStorage.getItem(keyOf(form));
    if (kept === null || "unsaved" in form.dataset) return;
    const filled = filledOf(form);
    const changed = [];
    isRestoring = true;
    for (const [name, text, first] of JSON.parse(kept)) {
      const input = form.elements.namedItem(name);
      if (!input) continue;
      putBack(form, input, name, text);
      const now = firstOf(filled, name);
      if (now !== first && now !== text) changed.push(`${input.getAttribute("aria-label") ?? input.labels[0]?.textContent ?? name}: ${now || "nothing"}`);
    }
    isRestoring = false;
    const meanwhile = changed.length ? ` Meanwhile the claim was changed there, and says now ${changed.join("; ")}.` : "";
    form.prepend(said(`What you had typed here and not sent is back.${meanwhile}`, () => {
      sessionStorage.removeItem(keyOf(form));
      isRestoring = true;
      form.reset();
      inputsOf(form)[0]?.dispatchEvent(new Event("input", { bubbles: true }));
      isRestoring = false;
    }));
  };

  // What has no form on this page, since its task is over: it is shown, to be copied or thrown away.
  const showKept = (place) => {
    const shown = Array.from(document.querySelectorAll("form[data-draft]"), keyOf);
    const left = keys().filter((key) => key.startsWith(`${mine}${place.dataset.kept}/`) && !shown.includes(key));
    if (!left.length) return;
    const list = document.createElement("ul");
    list.className = "drafted";
    for (const [name, text] of left.flatMap((key) => JSON.parse(sessionStorage.getItem(key)))) {
      const item = document.createElement("li");
      item.textContent = `${name.replace(/^(code|value)\./, "")}: ${text || "nothing"}`;
      list.append(item);
    }
    const words = "You typed this at the visit and did not send it. It comes back where its form is; this tab keeps it until you sign out or close it.";
    place.append(said(words, () => left.forEach((key) => sessionStorage.removeItem(key))), list);
  };

  if (me) {
    const sent = sessionStorage.getItem(SENT);
    const isDone = /[?&]note=(done|accepted)\b/.test(location.search);
    for (const key of keys()) if (!key.startsWith(mine) || (isDone && key === sent)) sessionStorage.removeItem(key);
    sessionStorage.removeItem(SENT);
    document.addEventListener("input", (event) => {
      const form = event.target.form;
      if (form?.dataset.draft && !isRestoring) save(form);
    });
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (form.matches("[action='/sign-out']")) keys().forEach((key) => sessionStorage.removeItem(key));
      sessionStorage.setItem(SENT, form.dataset.draft ? keyOf(form) : "");
    });
    // The scripts that listen to the forms are there by then.
    document.addEventListener("DOMContentLoaded", () => {
      document.querySelectorAll("form[data-draft]").forEach(restore);
      document.querySelectorAll("[data-kept]").forEach(showKept);
    });
  }
}
