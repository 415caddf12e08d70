/* The page of a draft: products are added, callers are found. */
(() => {
  const search = document.getElementById("product-search");
  const found = document.getElementById("products-found");
  for (const field of document.querySelectorAll("[data-select]")) field.addEventListener("focus", () => field.select());
  if (!search) return;

  omsFinder(search, found, (text) =>
    htmx.ajax("POST", search.dataset.edit, { source: "#draft-form", target: "#draft-live", values: { add: text } }));
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
