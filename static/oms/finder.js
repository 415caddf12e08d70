/* A field in which products are found: Enter adds what is typed or scanned, arrows walk through
   what was found. `add(text, picked)` is told whether a row of the list was chosen. Where there is
   an `enter`, Enter asks that instead, and it empties the field itself. */
window.omsFinder = (search, found, add, enter) => {
  const options = () => [...found.querySelectorAll("[data-sku]")];
  const take = (text, picked) => {
    if (!text) return;
    search.value = "";
    found.replaceChildren();
    search.focus();
    add(text, picked);
  };

  search.addEventListener("change", (event) => event.stopPropagation()); // typing here changes nothing yet
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      if (enter) enter(search.value.trim());
      else take(search.value.trim(), false);
    } else if (event.key === "ArrowDown" && options().length) {
      event.preventDefault();
      options()[0].focus();
    } else if (event.key === "Escape") found.replaceChildren();
  });
  found.addEventListener("keydown", (event) => {
    const all = options(), at = all.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && all[at + 1]) all[at + 1].focus();
    else if (event.key === "ArrowUp") (all[at - 1] || search).focus();
    else return;
    event.preventDefault();
  });
  found.addEventListener("click", (event) => {
    const option = event.target.closest("[data-sku]");
    if (option) take(option.dataset.sku, true);
  });
  // An answer to what was typed before it was taken comes too late.
  found.addEventListener("htmx:beforeSwap", (event) => {
    if (search.value.trim()) return;
    event.detail.shouldSwap = false;
    found.replaceChildren();
  });
};
