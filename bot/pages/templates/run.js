"use strict";
(() => {
  const all = (selector) => document.querySelectorAll(selector);
  const open = (is) => all("details").forEach((one) => { one.open = is; });
  const button = (words, act) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = words;
    made.addEventListener("click", act);
    document.querySelector(".tools").append(made);
  };
  button("Open everything", () => open(true));
  button("Close everything", () => open(false));
  addEventListener("beforeprint", () => open(true));

  // A link to something folded away opens what it stands in.
  const unfold = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let one = target; one; one = one.parentElement) {
      if (one.tagName === "DETAILS") one.open = true;
    }
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  if (location.hash) unfold();

  all("table.tests").forEach((table) => {
    const rows = [...table.tBodies[0].rows];
    if (rows.length < 12) return;
    const field = document.createElement("input");
    field.type = "search";
    field.placeholder = "Filter by id or outcome";
    field.setAttribute("aria-label", "Filter the tests of this gate");
    field.addEventListener("input", () => {
      const word = field.value.toLowerCase();
      rows.forEach((row) => { row.hidden = !row.textContent.toLowerCase().includes(word); });
    });
    table.parentElement.before(field);
  });
})();
