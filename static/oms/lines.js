/* Lines of products on a form: what is found, scanned or pasted becomes a row; the same product
   again adds to its row. Without this script the box for pasting takes every line. */
for (const part of document.querySelectorAll("[data-lines]")) {
  const form = part.closest("form"), name = part.dataset.lines;
  const search = part.querySelector("[data-search]"), rows = part.querySelector("[data-rows]");
  const trouble = part.querySelector("[data-trouble]"), list = part.querySelector("textarea");
  const number = (field) => (field && /^\d+$/.test(field.value.trim()) ? Number(field.value) : 0);
  const plural = (count, noun) => `${count.toLocaleString("en-GB")} ${noun}${count === 1 ? "" : "s"}`;

  const tell = () => {
    const all = [...rows.children];
    part.querySelector("[data-table]").hidden = !all.length;
    part.querySelector("[data-none]").hidden = Boolean(all.length);
    let units = 0, amount = 0, priced = false;
    for (const row of all) {
      const count = number(row.querySelector("[data-quantity]")), price = row.querySelector("[data-price]");
      units += count;
      if (price?.value.trim()) [amount, priced] = [amount + count * Number(price.value.replace(",", ".")), true];
      if (part.dataset.more.includes("/transfer/"))
        row.querySelector("[data-stock]")?.classList.toggle("oms-warn", count > Number(row.dataset.free));
    }
    const said = [plural(all.length, "line")];
    if (rows.querySelector("[data-quantity]")) said.push(plural(units, "unit"));
    if (priced && Number.isFinite(amount)) said.push(`${amount.toLocaleString("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 })} in all`);
    part.querySelector("[data-sum]").textContent = all.length ? said.join(" · ") : "";
  };

  // Rows are fetched one after the other, so that fast scans keep their order.
  let last = Promise.resolve();
  const ask = (more) => {
    const body = new FormData(form);
    body.delete(name);
    body.delete(`${name}-add`);
    if (more) body.set(`${name}-add`, more);
    return fetch(part.dataset.more, { method: "POST", body }).then(async (answer) => {
      if (answer.status !== 200) throw new Error(String(answer.status));
      const fresh = document.createElement("template");
      fresh.innerHTML = `<table><tbody>${await answer.text()}</tbody></table>`;
      return [...fresh.content.querySelectorAll("tr")];
    });
  };
  const inTurn = (act, failed) => {
    last = last.then(act).then(() => { trouble.textContent = ""; }, () => { trouble.textContent = failed; }).then(tell);
    return last;
  };

  const join = (row) => {
    const there = row.dataset.product && rows.querySelector(`[data-product="${row.dataset.product}"]`);
    const price = row.querySelector("[data-price]"), before = there?.querySelector("[data-price]");
    if (!there || (price && price.value !== price.dataset.proposed && price.value !== before.value)) {
      rows.append(row);
      return row;
    }
    const units = there.querySelector("[data-quantity]");
    if (units) units.value = number(units) + number(row.querySelector("[data-quantity]"));
    return there;
  };
  const add = (text, picked) => inTurn(async () => {
    const touched = (await ask(text)).map(join);
    tell(); // shows the table
    const units = touched.at(-1)?.querySelector("[data-quantity]");
    if (picked && units) units.focus(); // a scanner's Enter stays in the finder
  }, `The server did not answer: ${text.split("\n")[0]} is not added. Try again.`);

  omsFinder(search, part.querySelector("[data-found]"), add);
  search.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (!/[\n\t]/.test(text.trim())) return;
    event.preventDefault();
    add(text);
  });
  part.querySelector("[data-add-list]").addEventListener("click", () => {
    if (list.value.trim()) add(list.value).then(() => { if (!trouble.textContent) list.value = ""; });
  });

  rows.addEventListener("click", (event) => {
    const drop = event.target.closest("[data-drop]");
    if (!drop) return;
    drop.closest("tr").remove();
    search.focus();
    tell();
  });
  rows.addEventListener("focusin", (event) => { if (event.target.matches("[data-quantity], [data-price]")) event.target.select(); });
  rows.addEventListener("input", (event) => {
    event.target.closest("tr").querySelector("[data-problem]")?.remove();
    tell();
  });
  rows.addEventListener("change", (event) => { // a corrected SKU
    const row = event.target.closest("tr");
    if (event.target.matches("[data-code]")) inTurn(async () => {
      const [found] = await ask([event.target.value, number(row.querySelector("[data-quantity]")) || ""].join("\t"));
      if (found) row.replaceWith(found);
    }, "The server did not answer. Try again.");
  });
  rows.addEventListener("keydown", (event) => { // Enter walks on, and at the end back to the finder
    if (event.key !== "Enter" || event.ctrlKey || !event.target.matches("input")) return;
    event.preventDefault();
    const fields = [...event.target.closest("tr").querySelectorAll("input:not([type=hidden])")];
    (fields[fields.indexOf(event.target) + 1] || search).focus();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
  });
  form.addEventListener("change", (event) => { // another supplier or location: other stock, other prices
    if (!["source", "location", "supplier"].includes(event.target.name) || !rows.children.length) return;
    for (const price of rows.querySelectorAll("[data-proposed]")) if (price.value === price.dataset.proposed) price.value = "";
    inTurn(async () => rows.replaceChildren(...await ask("")), "The server did not answer: prices and stock are those from before.");
  });
  form.addEventListener("submit", (event) => { // what is still typed is added first
    const waiting = search.value.trim() || list.value.trim();
    if (!waiting) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    [search.value, list.value] = ["", ""];
    add(waiting);
  });
  tell();
}
