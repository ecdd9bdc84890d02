"use strict";
// A line's number opens a form there without leaving the page; without this it is a link.
document.addEventListener("click", (event) => {
  const number = event.target.closest(".linked a[tabindex]");
  if (!number || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const cell = number.parentElement;
  const place = document.createElement("div");
  place.className = "said";
  document.getElementById("at")?.closest(".said")?.querySelector("#at")?.remove();
  const last = cell.tagName === "DEL" || cell.nextElementSibling?.ariaHidden ? cell.nextElementSibling : cell;
  last.after(place);
  const address = new URL(number.href);
  htmx.ajax("GET", address.pathname + "/line" + address.search, { target: place, swap: "innerHTML" });
});
