/* Counting goods on the receiving page: a scan adds one unit, what is counted survives a reload
   until it is posted. Without this script the page is a plain form. */
(() => {
  "use strict";

  const form = document.querySelector("form[data-receive]");
  if (!form) return;
  const scan = form.querySelector("[data-scan]");
  const damaged = form.querySelector("[data-damaged]");
  const said = form.querySelector("[data-said]");
  const total = form.querySelector("[data-total]");
  const list = form.querySelector("[data-rows]");
  const key = `oms-receive:${location.pathname}`;

  const rows = () => [...list.querySelectorAll("[data-row]")];
  const input = (row, kind) => row.querySelector(`input[name^="${kind}_"]`);
  const figure = (field) => Number.parseInt(field.value, 10) || 0;

  const say = (text, bad) => {
    said.textContent = text;
    said.classList.toggle("oms-bad", Boolean(bad));
  };

  const keep = () => {
    const counted = {};
    for (const row of rows()) {
      const good = figure(input(row, "good"));
      const broken = figure(input(row, "damaged"));
      row.classList.toggle("is-done", Number(row.dataset.missing) > 0 && good + broken >= Number(row.dataset.missing));
      if (good || broken) counted[row.dataset.row] = [good, broken, row.dataset.sku];
    }
    const units = Object.values(counted).reduce((sum, [good, broken]) => sum + good + broken, 0);
    total.textContent = `${units} unit${units === 1 ? "" : "s"}`;
    try {
      if (units) sessionStorage.setItem(key, JSON.stringify(counted));
      else sessionStorage.removeItem(key);
    } catch { /* a private window keeps nothing */ }
  };

  const add = (row, step, kind) => {
    const field = input(row, kind);
    field.value = Math.max(figure(field) + step, 0);
    keep();
  };

  const fits = (row, code) =>
    row.dataset.sku.toUpperCase() === code.toUpperCase() || (row.dataset.barcode && row.dataset.barcode === code);

  const addRow = (product) => {
    const row = form.querySelector("[data-template]").content.firstElementChild.cloneNode(true);
    row.dataset.row = product.pk;
    row.dataset.sku = product.sku;
    row.dataset.barcode = product.barcode;
    for (const name of ["sku", "name"]) row.querySelector(`[data-name="${name}"]`).textContent = product[name];
    for (const field of row.querySelectorAll("input[name]")) field.name = `${field.name.split("_")[0]}_${product.pk}`;
    const lot = row.querySelector(".oms-lot");
    if (lot) lot.hidden = product.tracking === "none";
    list.append(row);
    form.querySelector("[data-nothing]")?.remove();
    return row;
  };

  // Rows whose SKU or name has what is typed; a document's other rows step aside meanwhile.
  const called = (text) => rows().filter((row) =>
    `${row.dataset.sku} ${row.querySelector('[data-name="name"]').textContent}`.toUpperCase().includes(text.toUpperCase()));
  const narrow = (text) => {
    const left = new Set(form.dataset.lookup ? rows() : called(text));
    for (const row of rows()) row.hidden = Boolean(text) && left.size > 0 && !left.has(row);
  };

  // What is counted is what was scanned, whole: part of a code may be another product's.
  const find = async (code) => {
    const known = rows().find((row) => fits(row, code));
    if (known) return known;
    if (!form.dataset.lookup) throw new Error(`${code} does not belong here.`);
    const answer = await fetch(`${form.dataset.lookup}?code=${encodeURIComponent(code)}`);
    const product = await answer.json();
    if (!answer.ok) throw new Error(product.detail);
    return rows().find((row) => row.dataset.row === String(product.pk)) || addRow(product);
  };

  const take = async (code) => {
    let row;
    try {
      row = await find(code);
    } catch (problem) {
      say(problem.message, true);
      return false;
    }
    const kind = damaged.checked ? "damaged" : "good";
    add(row, 1, kind);
    const came = figure(input(row, "good")) + figure(input(row, "damaged"));
    const missing = Number(row.dataset.missing);
    say(`${row.dataset.sku}: ${came}${missing ? ` of ${missing}` : ""}`, missing > 0 && came > missing);
    return true;
  };

  const found = form.querySelector("[data-found]");
  // The field is free for the next scan at once; what nothing fits comes back, marked, to be mended.
  const enter = async (code) => {
    if (!code) return;
    scan.value = "";
    if (await take(code)) {
      found.replaceChildren();
      narrow("");
    } else if (!scan.value) {
      scan.value = code;
      scan.select();
    }
  };
  omsFinder(scan, found, (code) => { narrow(""); take(code); }, enter);
  scan.addEventListener("input", () => narrow(scan.value.trim()));

  list.addEventListener("click", (event) => {
    const step = event.target.dataset.step;
    if (step) add(event.target.closest("[data-row]"), Number(step), "good");
  });
  list.addEventListener("input", keep);

  form.querySelector("[data-all]")?.addEventListener("click", () => {
    for (const row of rows()) {
      input(row, "good").value = Math.max(Number(row.dataset.missing) - figure(input(row, "damaged")), 0);
    }
    keep();
  });

  const bring = async () => {
    let counted = {};
    try {
      counted = JSON.parse(sessionStorage.getItem(key) || "{}");
    } catch { /* nothing was kept */ }
    for (const [pk, [good, broken, sku]] of Object.entries(counted)) {
      const row = rows().find((one) => one.dataset.row === pk) || (await find(sku).catch(() => null));
      if (!row || input(row, "good").value || input(row, "damaged").value) continue;
      input(row, "good").value = good || "";
      input(row, "damaged").value = broken || "";
    }
    keep();
  };

  form.addEventListener("submit", () => {
    try {
      sessionStorage.removeItem(key); // a refused form comes back with its figures
    } catch { /* nothing was kept */ }
  });
  bring();
})();
