/* Keys on the page of a draft: Enter adds what is typed or scanned, arrows walk through what was found. */
(() => {
  const search = document.getElementById("product-search");
  const found = document.getElementById("products-found");
  for (const field of document.querySelectorAll("[data-select]")) field.addEventListener("focus", () => field.select());
  if (!search) return;

  const add = (text) => {
    if (!text) return;
    search.value = "";
    found.replaceChildren();
    htmx.ajax("POST", search.dataset.edit, { source: "#draft-form", target: "#draft-live", values: { add: text } });
    search.focus();
  };
  const options = () => [...found.querySelectorAll("[data-sku]")];

  search.addEventListener("change", (event) => event.stopPropagation()); // typing here changes no draft
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      add(search.value.trim());
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
    if (option) add(option.dataset.sku);
  });
  const caller = document.getElementById("caller");
  if (caller) {
    caller.addEventListener("change", (event) => event.stopPropagation());
    caller.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  }
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const problem = document.getElementById("draft-problem");
    if (event.detail.successful && event.detail.target && event.detail.target.id === "draft-live") problem.replaceChildren();
    if (event.detail.failed) problem.textContent = "This change is not saved: the server did not answer. Try again.";
  });
})();
