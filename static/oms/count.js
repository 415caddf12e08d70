/* The sheet of a count: steps by thumb, the scanner's field ready again after every answer. */
(() => {
  "use strict";

  const step = (button) => {
    const field = button.closest("form").elements.quantity;
    field.value = Math.max(0, Number(field.value || 0) + Number(button.dataset.step));
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) step(button);
  });

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-all]")) return;
    for (const box of event.target.closest("table").querySelectorAll("input[name=lines]"))
      box.checked = event.target.checked;
  });

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id !== "count-sheet") return;
    document.querySelector("[data-scan]")?.focus({ preventScroll: true });
    if (document.querySelector("#count-sheet .is-bad")) navigator.vibrate?.(200);
  });
})();
