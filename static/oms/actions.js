/* What a rule does: one card per action, in order, any number of each kind. They travel as JSON in the
   hidden field `actions`. */
(() => {
  "use strict";

  const form = document.getElementById("rule-form");
  const place = document.getElementById("actions");
  if (!form || !place) return;
  const kinds = new Map(
    JSON.parse(document.getElementById("action-kinds").textContent).map((kind) => [kind.do, kind]),
  );
  const hidden = form.elements.actions;
  const copy = (id) => document.getElementById(id).content.cloneNode(true).firstElementChild;
  let made = 0;

  const input = (part, value) => {
    if (part.kind === "choice") {
      const select = document.createElement("select");
      if (!part.required) select.append(new Option("–", ""));
      select.append(
        ...part.choices.map(([one, label]) => new Option(label, one, false, one === value)),
      );
      if (value && !part.choices.some(([one]) => one === value))
        select.append(new Option(value, value, false, true));
      return select;
    }
    const made = document.createElement("input");
    made.type = part.kind === "choice" ? "text" : part.kind;
    made.value = value ?? "";
    if (part.kind === "text") made.maxLength = part.longest;
    return made;
  };

  const draw = (card, action) => {
    const fields = [];
    for (const part of kinds.get(action.do).parts) {
      const field = copy("action-part");
      const made_ = input(part, action[part.name]);
      made_.id = `action-${++made}`;
      made_.dataset.part = part.name;
      field.querySelector("label").htmlFor = made_.id;
      field.querySelector("label").textContent = part.label;
      field.append(made_);
      fields.push(field);
    }
    card.querySelector("[data-parts]").replaceChildren(...fields);
  };

  const make = (action) => {
    const card = copy("action-card");
    const kind = card.querySelector("[data-do]");
    kind.append(
      ...[...kinds.values()].map((one) => new Option(one.label, one.do, false, one.do === action.do)),
    );
    kind.addEventListener("change", () => draw(card, { do: kind.value }));
    card.querySelector("[data-remove]").addEventListener("click", () => {
      card.remove();
      document.getElementById("add-action").focus();
      changed();
    });
    draw(card, action);
    return card;
  };

  const read = (card) => {
    const action = { do: card.querySelector("[data-do]").value };
    const parts = new Map(kinds.get(action.do).parts.map((part) => [part.name, part]));
    for (const element of card.querySelectorAll("[data-part]")) {
      const text = element.value.trim();
      const part = parts.get(element.dataset.part); // none while another kind is being drawn
      if (text === "" || !part) continue;
      const number = part.kind === "number";
      action[element.dataset.part] = number ? Number(text) : text;
    }
    return action;
  };

  const fitMoment = () => {
    for (const part of form.querySelectorAll("[data-when]"))
      part.hidden = part.dataset.when !== form.elements.moment.value;
  };

  const write = () => {
    fitMoment();
    hidden.value = JSON.stringify([...place.children].map(read));
  };
  const changed = () => {
    write();
    form.dispatchEvent(new Event("change"));
  };

  const begun = () => {
    try {
      return JSON.parse(hidden.value).filter((one) => kinds.has(one.do));
    } catch {
      return [];
    }
  };
  place.append(...begun().map(make));
  document.getElementById("add-action").addEventListener("click", () => {
    const card = make({ do: kinds.keys().next().value });
    place.append(card);
    card.querySelector("[data-do]").focus();
    changed();
  });
  form.addEventListener("input", write);
  form.addEventListener("change", write);
  write();
})();
