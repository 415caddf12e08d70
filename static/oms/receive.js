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
  const key = `oms-receiving:${location.pathname}`;

  const rows = () => [...list.querySelectorAll("[data-row]")];
  const input = (row, kind) => row.querySelector(`input[name^="${kind}_"]`);
  const figure = (field) => Number.parseInt(field.value, 10) || 0;

  const say = (text, bad) => {
    said.textContent = text;
    said.classList.toggle("oms-bad", Boolean(bad));
  };

  const kinds = ["good", "damaged", "lot", "expires", "cost"];
  const units = (row) => figure(input(row, "good")) + figure(input(row, "damaged"));
  // A product has one row, or one for each of its lots or serial numbers: 7, 7-2, 7-3.
  const goods = (row) => row.dataset.row.split("-")[0];
  const of = (row) => rows().filter((one) => goods(one) === goods(row));
  const came = (row) => of(row).reduce((sum, one) => sum + units(one), 0);

  const keep = () => {
    const counted = [], left = new Map();
    let all = 0;
    for (const row of rows()) {
      left.set(goods(row), (left.get(goods(row)) || 0) + Number(row.dataset.missing) - units(row));
      if (!units(row)) continue;
      all += units(row);
      counted.push([row.dataset.row, row.dataset.sku, kinds.map((kind) => input(row, kind)?.value || "")]);
    }
    for (const row of rows()) row.classList.toggle("is-done", units(row) > 0 && Boolean(form.querySelector("[data-all]")) && left.get(goods(row)) <= 0);
    total.textContent = `${all} unit${all === 1 ? "" : "s"}`;
    try {
      if (all) sessionStorage.setItem(key, JSON.stringify(counted));
      else sessionStorage.removeItem(key);
    } catch { /* a private window keeps nothing */ }
  };

  const another = (row, wanted) => {
    const own = of(row);
    const number = wanted || Math.max(1, ...own.map((one) => Number(one.dataset.row.split("-")[1] || 1))) + 1;
    const copy = row.cloneNode(true);
    copy.dataset.row = `${goods(row)}-${number}`;
    copy.dataset.missing = 0;
    copy.classList.remove("is-done");
    copy.querySelector("[data-expected]")?.remove();
    for (const field of copy.querySelectorAll("input[name]")) {
      field.name = `${field.name.split("_")[0]}_${copy.dataset.row}`;
      if (!field.name.startsWith("cost_")) field.value = "";
    }
    own[own.length - 1].after(copy);
    return copy;
  };

  // A serial number is one unit: the next unit is a row of its own.
  const add = (row, step, kind) => {
    const taken = step > 0 && row.dataset.tracking === "serial" && units(row) > 0;
    const target = taken ? another(row) : row;
    const field = input(target, kind);
    field.value = Math.max(figure(field) + step, 0);
    keep();
    return target;
  };

  const fits = (row, code) =>
    row.dataset.sku.toUpperCase() === code.toUpperCase() || (row.dataset.barcode && row.dataset.barcode === code);

  const addRow = (product) => {
    const row = form.querySelector("[data-template]").content.firstElementChild.cloneNode(true);
    row.dataset.row = product.pk;
    row.dataset.sku = product.sku;
    row.dataset.barcode = product.barcode;
    for (const name of ["sku", "name"]) row.querySelector(`[data-name="${name}"]`).textContent = product[name];
    row.dataset.tracking = product.tracking;
    for (const field of row.querySelectorAll("input[name]")) field.name = `${field.name.split("_")[0]}_${product.pk}`;
    const lot = row.querySelector(".oms-lot");
    lot.hidden = product.tracking === "none";
    lot.querySelector("[data-lotname]").textContent = product.tracking === "serial" ? form.dataset.serial : form.dataset.lot;
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
    const known = rows().filter((row) => fits(row, code));
    if (known.length) return known[known.length - 1];
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
    const target = add(row, 1, damaged.checked ? "damaged" : "good");
    const missing = Number(of(row)[0].dataset.missing);
    say(`${row.dataset.sku}: ${came(row)}${missing ? ` of ${missing}` : ""}`, missing > 0 && came(row) > missing);
    const lot = target.dataset.tracking === "serial" && input(target, "lot");
    if (lot && !lot.value) lot.focus();
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
    const row = event.target.closest("[data-row]");
    const step = event.target.dataset.step;
    if (step) add(row, Number(step), "good");
    if (event.target.closest("[data-another]")) input(another(row), "good").focus();
  });
  list.addEventListener("input", keep);
  // A scanner ends with Enter: that is never the end of the receipt, and in a row the next scan.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT" || event.target === scan) return;
    event.preventDefault();
    if (list.contains(event.target)) scan.focus();
  });

  form.querySelector("[data-all]")?.addEventListener("click", () => {
    for (const row of rows().filter((one) => Number(one.dataset.missing) > 0)) {
      const left = Number(row.dataset.missing) - came(row);
      if (left <= 0) continue;
      if (row.dataset.tracking === "serial") for (let unit = 0; unit < left; unit += 1) add(row, 1, "good");
      else input(row, "good").value = figure(input(row, "good")) + left;
    }
    keep();
  });

  const bring = async () => {
    let counted = [];
    try {
      counted = JSON.parse(sessionStorage.getItem(key) || "[]");
    } catch { /* nothing was kept */ }
    for (const [name, sku, values] of counted) {
      const number = Number(name.split("-")[1] || 0);
      let row = rows().find((one) => one.dataset.row === name) || (await find(sku).catch(() => null));
      if (row && row.dataset.row !== name && number) row = another(row, number);
      if (!row || units(row)) continue;
      kinds.forEach((kind, place) => {
        const field = input(row, kind);
        if (field) field.value = values[place];
      });
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
