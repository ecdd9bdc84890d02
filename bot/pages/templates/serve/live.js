"use strict";
// Keeps the page of a run true: the server sends finished pieces of it, and their place is here.
(() => {
  const root = document.querySelector("[data-events]");
  if (!root || !window.EventSource) return;
  const part = (id) => document.getElementById(id);
  const say = (words) => { part("connection").textContent = words; };
  root.querySelector(".again")?.remove();
  say("Connecting …");
  const source = new EventSource(`${root.dataset.events}?after=${root.dataset.position}`);
  source.addEventListener("open", () => say("Live: what is booked appears here by itself."));
  source.addEventListener("error", () => {
    say(source.readyState === EventSource.CLOSED
      ? "The server sends no more. Load the page again to see what is new."
      : "The connection is lost; trying again …");
  });
  source.addEventListener("panel", (event) => { part("panel").innerHTML = event.data; });
  source.addEventListener("steps", (event) => {
    const list = part("steps");
    const known = list.childElementCount;
    list.insertAdjacentHTML("afterbegin", event.data);
    [...list.children].slice(0, list.childElementCount - known)
      .forEach((one) => one.classList.add("new"));
  });
  source.addEventListener("over", (event) => {
    source.close();
    say("");
    part("over").innerHTML = event.data;
  });
})();
