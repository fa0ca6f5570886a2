// Nothing typed is lost by accident: leaving a page with a half-filled form asks first, and a form is sent once.
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
