/* Keys for a queue of work: j and k move from row to row, Enter follows the row's first button,
   c claims or gives back, x selects. Keys are left alone while somebody types. */
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll("#result_list tbody tr")];
  const HERE = "is-current";
  let at = -1;

  const go = (step) => {
    const all = rows();
    if (!all.length) return;
    at = Math.min(Math.max(at + step, 0), all.length - 1);
    all.forEach((row, place) => row.classList.toggle(HERE, place === at));
    all[at].scrollIntoView({ block: "nearest" });
  };

  const press = (what) => {
    const row = rows()[at];
    const found = row && row.querySelector(what);
    if (found) found.click();
  };

  const KEYS = {
    j: () => go(1),
    k: () => go(-1),
    c: () => press("button[name=oms]"),
    x: () => press("input.action-select"),
    Enter: () => press("a.oms-btn"),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, button, a, [contenteditable]");
    const boxed = event.target.matches("input.action-select");
    if ((typing && !boxed) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (KEYS[event.key]) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });
})();
