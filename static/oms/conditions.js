/* The editor of a rule: groups of conditions within groups, comparisons that fit their field, and the
   sentence that says what the rule does, asked from the server as the form changes. The tree travels
   as JSON in the hidden field `conditions`. */
(() => {
  "use strict";

  const form = document.getElementById("rule-form");
  if (!form) return;
  const DEEPEST = 5;
  const known = JSON.parse(document.getElementById("condition-vocabulary").textContent);
  const vocabulary = new Map(known.map((field) => [field.name, field]));
  const hidden = form.elements.conditions;
  const place = document.getElementById("conditions");
  const none = document.getElementById("no-conditions");
  const words = document.getElementById("rule-words");

  const copy = (id) => document.getElementById(id).content.cloneNode(true).firstElementChild;
  const option = (value, label, chosen) => new Option(label, value, false, chosen);
  const own = (element, selector) => element.querySelector(`:scope > ${selector}`);

  /* --- One comparison --------------------------------------------------------------------- */

  const operator = (row) =>
    vocabulary.get(own(row, "[data-field]").value).operators
      .find((one) => one.name === own(row, "[data-op]").value);

  const fit = (row, value) => {
    const field = vocabulary.get(own(row, "[data-field]").value);
    const takes = operator(row).takes;
    const [input, choice] = [own(row, "[data-value]"), own(row, "[data-choice]")];
    const listed = field.choices.length > 0 && takes !== "nothing";
    const given = Array.isArray(value) ? value : String(value ?? "").split(",").map((one) => one.trim());
    input.hidden = listed || takes === "nothing";
    input.value = takes === "nothing" || listed ? "" : (value ?? "");
    input.inputMode = field.kind === "number" ? "decimal" : "text";
    input.placeholder = takes === "many" ? "one, or several with commas" : field.unit;
    choice.hidden = !listed;
    choice.multiple = takes === "many";
    choice.size = choice.multiple ? Math.min(field.choices.length, 5) : 0;
    // What is given and not offered any more stays, so that saving again loses nothing.
    const same = (one, other) => one.toLowerCase() === other.toLowerCase();
    const gone = given.filter((one) => one && !field.choices.some(([other]) => same(one, other)));
    choice.replaceChildren(
      ...[...field.choices, ...(listed ? gone.map((one) => [one, one]) : [])].map(
        ([one, label]) => option(one, label, given.some((other) => same(one, other))),
      ),
    );
  };

  const offer = (row, op) => {
    const field = vocabulary.get(own(row, "[data-field]").value);
    own(row, "[data-op]").replaceChildren(
      ...field.operators.map((one) => option(one.name, one.words, one.name === op)),
    );
  };

  const valueOf = (row) => {
    const choice = own(row, "[data-choice]");
    if (choice.hidden) return own(row, "[data-value]").value;
    const chosen = [...choice.selectedOptions].map((one) => one.value);
    return choice.multiple ? chosen : (chosen[0] ?? "");
  };

  const offered = () => {
    const subject = form.elements.subject?.value;
    return known.filter((one) => !one.subject || one.subject === subject);
  };

  const makeRow = ({ field, op, value }) => {
    const row = copy("condition-row");
    const names = own(row, "[data-field]");
    const fields = offered();
    if (vocabulary.has(field) && !fields.some((one) => one.name === field))
      fields.push(vocabulary.get(field));
    names.append(...fields.map((one) => option(one.name, one.label, one.name === field)));
    if (!vocabulary.has(field)) names.selectedIndex = 0;
    offer(row, op);
    fit(row, value);
    names.addEventListener("change", () => {
      offer(row, null);
      fit(row, "");
    });
    own(row, "[data-op]").addEventListener("change", () => fit(row, valueOf(row)));
    own(row, "[data-remove]").addEventListener("click", () => remove(row));
    return row;
  };

  /* --- Groups --------------------------------------------------------------------------------- */

  const membersOf = (group) => own(group, ".oms-members");

  const remove = (element) => {
    const next = element.parentElement.closest(".oms-group");
    element.remove();
    own(next, ".oms-group-add").querySelector("button").focus();
    changed();
  };

  const make = (tree, depth) => {
    if ("field" in tree) return makeRow(tree);
    const group = copy("condition-group");
    const [kind, members] = Object.entries(tree)[0];
    const head = own(group, ".oms-group-head");
    head.querySelector("select").value = kind;
    head.querySelector("[data-remove]").hidden = depth === 0;
    head.querySelector("[data-remove]").addEventListener("click", () => remove(group));
    membersOf(group).append(...members.map((one) => make(one, depth + 1)));
    const [condition, inner] = group.querySelectorAll(":scope > .oms-group-add > button");
    inner.hidden = depth + 1 >= DEEPEST;
    condition.addEventListener("click", () => add(group, first(), depth));
    inner.addEventListener("click", () => add(group, { any: [first()] }, depth));
    return group;
  };

  const first = () => {
    const [field] = offered();
    return { field: field.name, op: field.operators[0].name, value: "" };
  };

  const add = (group, tree, depth) => {
    const made = make(tree, depth + 1);
    membersOf(group).append(made);
    made.querySelector("[data-field]").focus();
    changed();
  };

  const read = (element) => {
    if (element.classList.contains("oms-condition"))
      return {
        field: own(element, "[data-field]").value,
        op: own(element, "[data-op]").value,
        value: valueOf(element),
      };
    const kind = own(element, ".oms-group-head").querySelector("select").value;
    return { [kind]: [...membersOf(element).children].map(read) };
  };

  /* --- The sentence ------------------------------------------------------------------------ */

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
    hidden.value = JSON.stringify(read(root));
    none.hidden = membersOf(root).children.length > 0;
    weigh();
    clearTimeout(waiting);
    waiting = setTimeout(say, 250);
  };

  const begun = () => {
    try {
      return JSON.parse(hidden.value);
    } catch {
      return { all: [] };
    }
  };
  const root = make(begun(), 0);
  place.append(root);
  if (hidden.disabled)
    for (const control of place.querySelectorAll("select, input, button")) control.disabled = true;
  form.addEventListener("input", changed);
  form.addEventListener("change", changed);
  changed();
})();
