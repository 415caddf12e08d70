/* The rule builder: rows of conditions whose comparisons fit their field, and the sentence that says
   what the rule does, asked from the server as the form changes. */
(() => {
  "use strict";

  const form = document.getElementById("rule-form");
  if (!form) return;
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const vocabulary = new Map(read("routing-vocabulary").map((field) => [field.name, field]));
  const list = document.getElementById("conditions");
  const none = document.getElementById("no-conditions");
  const words = document.getElementById("rule-words");

  const option = (value, label, chosen) => new Option(label, value, false, value === chosen);

  const fit = (row, op, value) => {
    const [field, comparison, input] = row.querySelectorAll("[name]");
    const known = vocabulary.get(field.value);
    comparison.replaceChildren(...known.operators.map((one) => option(one.name, one.words, op)));
    input.value = value;
    show(row);
  };

  const show = (row) => {
    const [field, comparison, input] = row.querySelectorAll("[name]");
    const known = vocabulary.get(field.value);
    const takes = known.operators.find((one) => one.name === comparison.value).takes;
    input.readOnly = takes === "nothing";
    if (input.readOnly) input.value = "";
    input.inputMode = known.kind === "number" ? "decimal" : "text";
    const choices = known.choices.map((choice) => choice[0]).join(", ");
    const hint = takes === "many" ? "one, or several with commas" : known.unit;
    input.placeholder = takes === "nothing" ? "" : choices || hint;
  };

  const add = ({ field, op, value }) => {
    const row = document.getElementById("condition-row").content.cloneNode(true).firstElementChild;
    const [names, comparison] = row.querySelectorAll("select");
    names.append(...[...vocabulary.values()].map((one) => option(one.name, one.label, field)));
    names.addEventListener("change", () => fit(row, null, ""));
    comparison.addEventListener("change", () => show(row));
    row.querySelector("button").addEventListener("click", () => {
      row.remove();
      changed();
    });
    list.append(row);
    fit(row, op, value);
    none.hidden = true;
    return row;
  };

  const weigh = () => {
    const chosen = form.querySelector("[name=weighed]:checked");
    for (const part of form.querySelectorAll("[data-weighed]"))
      part.hidden = chosen !== null && part.dataset.weighed !== chosen.value;
  };

  let waiting = 0;
  let asked = 0;
  const say = async () => {
    const turn = ++asked;
    const answer = await fetch(form.dataset.words, { method: "POST", body: new FormData(form) });
    const text = await answer.text();
    if (turn === asked && answer.ok) words.textContent = text;
  };
  const changed = () => {
    none.hidden = list.children.length > 0;
    weigh();
    clearTimeout(waiting);
    waiting = setTimeout(say, 250);
  };

  document.getElementById("add-condition").addEventListener("click", () => {
    add({ field: "channel", op: "in", value: "" }).querySelector("select").focus();
    changed();
  });
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  read("routing-rows").forEach(add);
  changed();
})();
