// @ts-check
// One thing at a time, decided by a key. What a record says arrives by message, is set as text, and is in no trait.
function part(tag, name, ...children) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  node.append(...children);
  return node;
}

function render({ model, el }) {
  const root = part("div", "hsai-one");
  const said = part("p", "hsai-one-said");
  root.tabIndex = 0;
  said.setAttribute("role", "status");
  el.append(root);
  /** @type {any} What Python sent to be decided now. */
  let card = null;
  let began = 0;
  let waiting = false;

  const seconds = () => Math.round((performance.now() - began) / 10) / 100;
  const note = () => root.querySelector(".hsai-one-note")?.value || "";

  function give(value) {
    if (!card || waiting) return;
    waiting = true;
    model.send({ give: value, item: card.item, seconds: seconds(), note: note() });
  }
  function back() {
    if (waiting) return;
    waiting = true;
    model.send({ back: true });
  }

  function texts() {
    const box = part("div", `hsai-one-texts hsai-one-${card.texts.length}`);
    for (const one of card.texts) {
      const figure = part("figure", one.is_source ? "hsai-one-source" : "hsai-one-text");
      figure.append(part("figcaption", "", one.title), part("div", "hsai-one-body", one.text || "(blank)"));
      box.append(figure);
    }
    return box;
  }
  function buttons() {
    const bar = part("div", "hsai-one-options");
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", card.question);
    for (const [key, label, value] of card.options) {
      const button = part("button", "hsai-one-option", part("kbd", "", key), part("span", "", label));
      button.type = "button";
      button.setAttribute("aria-keyshortcuts", key);
      button.addEventListener("click", () => give(value));
      bar.append(button);
    }
    return bar;
  }
  function entry() {
    const form = part("form", "hsai-one-entry");
    const field = part("input", "hsai-one-answer");
    const list = part("datalist");
    list.id = `hsai-one-${Math.random().toString(36).slice(2)}`;
    list.append(...card.suggestions.map((one) => Object.assign(part("option"), { value: one })));
    Object.assign(field, { type: "text", autocomplete: "off", spellcheck: false });
    field.setAttribute("list", list.id);
    field.setAttribute("aria-label", card.question);
    form.append(field, list, Object.assign(part("button", "hsai-one-option", part("kbd", "", "Enter"), part("span", "", "Keep")), { type: "submit" }));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (field.value.trim()) give(field.value.trim());
    });
    return form;
  }

  function draw(message) {
    waiting = false;
    const hadFocus = root.contains(document.activeElement);
    // The same card may be drawn again while somebody types on it: what is typed, and where, stays.
    const again = card && message.card && card.item === message.card.item;
    const fields = [".hsai-one-answer", ".hsai-one-note"];
    const typed = again ? fields.map((one) => root.querySelector(one)?.value || "") : [];
    const at = again ? fields.find((one) => document.activeElement === root.querySelector(one)) : ".hsai-one-answer";
    card = message.card;
    const progress = part("progress");
    Object.assign(progress, { max: message.total || 1, value: message.done });
    progress.setAttribute("aria-label", `${message.done} of ${message.total} done`);
    const line = part("div", "hsai-one-line", progress, part("span", "hsai-one-count", `${message.done} of ${message.total}`));
    said.textContent = message.problem || message.said || "";
    said.classList.toggle("hsai-one-problem", Boolean(message.problem));
    if (!card) {
      root.replaceChildren(line, part("p", "hsai-one-question", message.said || "Nothing is left."));
      if (hadFocus) root.focus();
      return;
    }
    const undo = part("button", "hsai-one-option", part("kbd", "", "⌫"), part("span", "", "Back"));
    undo.type = "button";
    undo.disabled = !message.can_go_back;
    undo.addEventListener("click", back);
    const answers = part("div", "hsai-one-answers", ...(card.is_entry ? [entry(), buttons()] : [buttons()]), undo);
    const children = [line, part("p", "hsai-one-question", card.question), texts(), answers];
    if (card.takes_note) {
      const field = part("input", "hsai-one-note");
      Object.assign(field, { type: "text", placeholder: "A note, if you like (press c)", autocomplete: "off" });
      field.setAttribute("aria-label", "Note");
      children.push(field);
    }
    root.replaceChildren(...children, said);
    typed.forEach((value, place) => value && Object.assign(root.querySelector(fields[place]), { value }));
    if (!again) began = performance.now();
    if (hadFocus) (root.querySelector(at) || root).focus({ preventScroll: true });
  }

  root.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey || !card) return;
    const typing = event.target.tagName === "INPUT";
    if (event.key === "Escape" || (event.key === "Enter" && event.target.className === "hsai-one-note")) {
      root.focus();
      return event.preventDefault();
    }
    if (event.key === "Backspace" && (!typing || event.target.value === "")) {
      back();
      return event.preventDefault();
    }
    const key = event.key === "Enter" && event.shiftKey ? "Shift+Enter" : event.key;
    const option = card.options.find(([one]) => one.toLowerCase() === key.toLowerCase());
    if (typing && key !== "Shift+Enter") return;
    if (option) give(option[2]);
    // No answer has this key: what opens the note decides nothing.
    else if (key === "c" && card.takes_note) root.querySelector(".hsai-one-note").focus();
    // Where an answer is typed, a character is always typed, wherever the focus is.
    else if (card.is_entry && key.length === 1) return root.querySelector(".hsai-one-answer").focus();
    else return;
    event.preventDefault();
  });
  const came = (message) => message && "total" in message && draw(message);
  model.on("msg:custom", came);
  model.send({ wants: "card" });
  return () => model.off("msg:custom", came);
}

export default { render };
