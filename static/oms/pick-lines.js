/* A table with a row per line of an order, of which units are asked: a line is found by typing, a
   scan adds one unit of it, and choosing something of another price to send instead writes that
   price. Without this script the table is a form. */
(() => {
  const table = document.querySelector("[data-pick-lines]");
  if (!table) return;
  const rows = [...table.querySelectorAll("tbody tr")];
  const find = document.querySelector("[data-find]"), said = document.querySelector("[data-said]");
  const edited = (field) => field.dispatchEvent(new Event("change", { bubbles: true }));
  const called = (text) => rows.filter((row) =>
    `${row.dataset.sku} ${row.dataset.name}`.toUpperCase().includes(text.toUpperCase()));
  const narrow = (text) => {
    const left = new Set(text ? called(text) : rows);
    for (const row of rows) row.hidden = left.size > 0 && !left.has(row);
  };
  const add = (text) => {
    const row = rows.find((one) => one.dataset.sku.toUpperCase() === text.toUpperCase() || (one.dataset.barcode && one.dataset.barcode === text));
    if (!row) { // part of a code may be another line's: nothing is counted
      said.textContent = called(text).length ? `${text} is no whole SKU or barcode; give the units in the row.` : `${text} is none of these lines.`;
      return false;
    }
    const units = row.querySelector("input[type=number]");
    units.value = Math.min((Number.parseInt(units.value, 10) || 0) + 1, Number(units.max));
    said.textContent = `${row.dataset.sku}: ${units.value} of ${units.max}`;
    edited(units);
    return true;
  };
  find?.addEventListener("change", (event) => event.stopPropagation()); // typing here asks for nothing yet
  find?.addEventListener("input", () => narrow(find.value.trim()));
  find?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const text = find.value.trim();
    if (text && !add(text)) return find.select();
    find.value = "";
    narrow("");
  });
  table.addEventListener("change", (event) => {
    const price = event.target.list && event.target.closest("tr").querySelector('input[name^="price_"]');
    if (!price) return;
    const chosen = [...event.target.list.options].find((option) => option.value === event.target.value.trim());
    if (!price.value || price.dataset.proposed === price.value) {
      price.value = chosen?.dataset.price || "";
      price.dataset.proposed = price.value;
    }
  }, true); // before the preview is asked for
})();
