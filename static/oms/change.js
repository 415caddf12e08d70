/* The pages that change an order, or split it: send only what was edited, add rows, ask for the preview. */
(() => {
  const form = document.getElementById("change-form");
  if (!form) return;
  const search = document.getElementById("product-search");
  const found = document.getElementById("products-found");
  let next = form.querySelectorAll(".is-added, .oms-charge").length;

  const edited = () => form.dispatchEvent(new Event("change", { bubbles: true }));
  const was = (field) => field.dataset.was ?? field.closest("[data-was]")?.dataset.was;
  const mark = (field) => {
    if (was(field) !== undefined) field.classList.toggle("is-edited", field.value !== was(field));
  };
  const untouched = () => {
    const names = new Set(["product"]);
    for (const field of form.querySelectorAll("input[data-was]")) if (field.value === field.dataset.was) names.add(field.name);
    for (const group of form.querySelectorAll("[data-group]")) {
      const fields = [...group.querySelectorAll("input, select")];
      if (fields.every((field) => field.value === was(field))) fields.forEach((field) => names.add(field.name));
    }
    return names;
  };

  document.body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.verb !== "post" || !form.contains(event.detail.elt)) return;
    const parameters = event.detail.parameters;
    for (const name of untouched()) delete parameters[name];
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.failed && form.contains(event.detail.elt))
      document.getElementById("change-preview").textContent = "The server did not answer; nothing is changed. Try again.";
  });
  form.addEventListener("input", (event) => mark(event.target));
  form.querySelectorAll("input, select").forEach(mark);
  // What was typed before the scripts were there is previewed, too.
  window.addEventListener("load", () => { if (form.querySelector(".is-edited")) edited(); });

  const row = (query, target) =>
    fetch(`${form.dataset.row}?${new URLSearchParams({ ...query, n: next++ })}`).then(async (answer) => {
      if (answer.status !== 200) return;
      document.getElementById(target).insertAdjacentHTML("beforeend", await answer.text());
      edited();
    });
  if (search) omsFinder(search, found, (text) => row({ add: text }, "change-added"));

  // Other lines of a large order: an edited row stays in the form, above what is fetched.
  const lookup = document.getElementById("line-search"), kept = document.getElementById("change-kept");
  let asked = 0;
  const fetchLines = async (page) => {
    const mine = ++asked, query = new URLSearchParams({ line: lookup.value.trim(), lines: page });
    const lines = lookup.parentElement.dataset.lines, sign = lines.includes("?") ? "&" : "?";
    const answer = await fetch(`${lines}${sign}${query}`).catch(() => null);
    if (mine !== asked) return; // typed on meanwhile
    if (answer?.status !== 200) {
      lookup.nextElementSibling.textContent = "The server did not answer; these are the lines from before. Try again.";
      return;
    }
    const fresh = document.createElement("template");
    fresh.innerHTML = await answer.text();
    const shown = document.getElementById("change-lines");
    for (const old of shown.querySelectorAll("[data-line]"))
      if ([...old.querySelectorAll("input[data-was]")].some((field) => field.value !== field.dataset.was)) kept.append(old);
    for (const row of kept.querySelectorAll("[data-line]"))
      fresh.content.querySelector(`[data-line="${row.dataset.line}"]`)?.remove();
    shown.replaceWith(fresh.content.firstElementChild);
  };
  let typing;
  lookup?.addEventListener("change", (event) => event.stopPropagation());
  lookup?.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(fetchLines, 200, 1);
  });
  lookup?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });

  document.getElementById("charge-more")?.addEventListener("click", () => row({ charge: "" }, "change-charges"));
  document.getElementById("change-reason").addEventListener("change", (event) => event.stopPropagation());
  form.addEventListener("click", (event) => {
    const drop = event.target.closest("[data-drop]"), zero = event.target.closest("[data-zero]");
    const page = event.target.closest("[data-page]");
    if (page) fetchLines(page.dataset.page).then(() => lookup.parentElement.scrollIntoView());
    if (drop) drop.closest("tr, .oms-charge").remove();
    if (zero) {
      const field = form.elements[zero.dataset.zero];
      field.value = field.value === zero.dataset.least ? field.dataset.was : zero.dataset.least;
      mark(field);
    }
    if (drop || zero) edited();
  });
})();
