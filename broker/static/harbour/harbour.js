/* The clock of a margin call, and what a page keeps when a part of it is refreshed. */
"use strict";
(() => {
  // The server's clock counts: what this machine's clock is ahead of it, in ms.
  let ahead = 0;

  const setClock = () => {
    const measured = document.querySelector("[data-now]");
    if (measured) ahead = Date.now() - Date.parse(measured.dataset.now);
  };

  const two = (number) => String(number).padStart(2, "0");

  const tick = () => {
    for (const clock of document.querySelectorAll("[data-until]")) {
      const seconds = Math.floor((Date.parse(clock.dataset.until) - (Date.now() - ahead)) / 1000);
      clock.textContent =
        seconds > 0
          ? `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
          : "time is up";
    }
  };

  const start = () => {
    setClock();
    tick();
  };
  document.addEventListener("DOMContentLoaded", () => {
    start();
    setInterval(tick, 1000);
  });

  // A refreshed part comes closed and unfocused; what the reader had opened stays open.
  let open = [];
  let focused = "";
  document.addEventListener("htmx:beforeSwap", (event) => {
    open = [...event.detail.target.querySelectorAll("details[open][id]")].map((one) => one.id);
    focused = event.detail.target.contains(document.activeElement) ? document.activeElement.id : "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus({ preventScroll: true });
    open = [];
    focused = "";
    start();
  });

  // Figures that could not be refreshed say so, and since when they stand.
  for (const failure of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(failure, (event) => {
      for (const stale of event.detail.elt.querySelectorAll(".stale")) stale.hidden = false;
    });
  }
})();
