// @ts-check
function make(tag, name, parent) {
  return parent.appendChild(Object.assign(document.createElement(tag), { className: name }));
}

function render({ model, el }) {
  const id = `hsai-prompt-${Math.random().toString(36).slice(2)}`;
  el.classList.add("hsai-prompt");
  el.addEventListener("keydown", (event) => event.stopPropagation());
  const label = make("label", "hsai-prompt-label", el);
  const area = make("textarea", "hsai-prompt-area", el);
  const list = make("ul", "hsai-prompt-list", el);
  Object.assign(area, { id, rows: 4, spellcheck: false });
  label.htmlFor = id;
  list.id = `${id}-tokens`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Tokens");
  area.setAttribute("role", "combobox");
  area.setAttribute("aria-autocomplete", "list");
  area.setAttribute("aria-controls", list.id);
  let offered = { replace: 0, tokens: [] };
  let chosen = 0;

  function offer(tokens, replace) {
    offered = { replace, tokens };
    chosen = 0;
    list.replaceChildren();
    tokens.forEach((token, place) => {
      const option = make("li", "hsai-prompt-token", list);
      option.textContent = token;
      option.id = `${id}-${place}`;
      option.setAttribute("role", "option");
      // Before the area loses the focus, and with it the place of the cursor.
      option.addEventListener("mousedown", (event) => {
        event.preventDefault();
        take(place);
      });
    });
    list.hidden = tokens.length === 0;
    area.setAttribute("aria-expanded", String(!list.hidden));
    mark();
  }
  function mark() {
    [...list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === chosen)));
    if (list.hidden) area.removeAttribute("aria-activedescendant");
    else area.setAttribute("aria-activedescendant", `${id}-${chosen}`);
  }
  function before() {
    return area.value.slice(0, area.selectionStart);
  }
  function changed() {
    model.set("value", area.value);
    model.save_changes();
    // What was offered is for what stood there before: taken now it would stand in the middle of what was typed since.
    offer([], 0);
    model.send({ before: before() });
  }
  function take(place) {
    const at = area.selectionStart;
    const rest = area.value.slice(at);
    const end = /^\s*\}\}/.test(rest) ? "" : " }}";
    area.setRangeText(`${offered.tokens[place]}${end}`, at - offered.replace, at, "end");
    offer([], 0);
    model.set("value", area.value);
    model.save_changes();
  }
  area.addEventListener("input", changed);
  area.addEventListener("blur", () => offer([], 0));
  area.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) chosen = (chosen + step + offered.tokens.length) % offered.tokens.length;
    else if (event.key === "Enter" || event.key === "Tab") take(chosen);
    else if (event.key === "Escape") offer([], 0);
    else return;
    event.preventDefault();
    mark();
  });
  function show() {
    label.textContent = model.get("label");
    area.disabled = model.get("disabled");
    if (area.value !== model.get("value")) area.value = model.get("value");
  }
  function came(message) {
    if (Array.isArray(message?.tokens) && message.before === before()) offer(message.tokens, message.replace);
  }
  const names = ["label", "value", "disabled"].map((name) => `change:${name}`);
  for (const name of names) model.on(name, show);
  model.on("msg:custom", came);
  offer([], 0);
  show();
  return () => {
    names.forEach((name) => model.off(name, show));
    model.off("msg:custom", came);
  };
}

export default { render };
