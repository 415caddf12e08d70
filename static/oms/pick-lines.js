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
    const exact = rows.filter((row) => row.dataset.sku.toUpperCase() === text.toUpperCase() || (row.dataset.barcode && row.dataset.barcode === text));
    const [row, more] = exact.length ? exact : called(text);
    if (!row || (more && !exact.length)) {
      said.textContent = row ? `Several lines are called ${text}; type on.` : `${text} is none of these lines.`;
      return;
    }
    const units = row.querySelector("input[type=number]");
    units.value = Math.min((Number.parseInt(units.value, 10) || 0) + 1, Number(units.max));
    said.textContent = `${row.dataset.sku}: ${units.value} of ${units.max}`;
    edited(units);
  };
  find?.addEventListener("change", (event) => event.stopPropagation()); // typing here asks for nothing yet
  find?.addEventListener("input", () => narrow(find.value.trim()));
  find?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    const text = find.value.trim();
    find.value = "";
    narrow("");
    if (text) add(text);
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
