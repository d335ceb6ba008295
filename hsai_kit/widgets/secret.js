// @ts-check
function render({ model, el }) {
  // Each field has a module of its own, so a counter or the time would give two of them the same id.
  const id = `hsai-secret-${Math.random().toString(36).slice(2)}`;
  const part = (tag, name, parent) => parent.appendChild(Object.assign(document.createElement(tag), { className: name }));
  el.classList.add("hsai-secret");
  el.addEventListener("keydown", (event) => event.stopPropagation());
  const label = part("label", "hsai-secret-label", el);
  const line = part("div", "hsai-secret-line", el);
  const field = part("input", "hsai-secret-field", line);
  const button = part("button", "hsai-secret-button", line);
  const note = part("p", "hsai-secret-note", el);
  label.htmlFor = field.id = id;
  note.id = `${id}-note`;
  note.setAttribute("role", "status");
  Object.assign(field, { type: "password", autocomplete: "off", spellcheck: false });
  field.setAttribute("aria-describedby", note.id);
  button.type = "button";

  function send() {
    const secret = field.value;
    field.value = "";
    tell();
    if (secret.trim()) model.send({ secret });
    else field.focus();
  }
  function tell() {
    model.set("is_typed", field.value.trim() !== "");
    model.save_changes();
  }
  field.addEventListener("input", tell);
  button.addEventListener("click", send);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") send();
  });

  function show() {
    label.textContent = model.get("label");
    field.placeholder = model.get("hint");
    button.textContent = model.get("action");
    note.textContent = model.get("note");
    note.classList.toggle("hsai-secret-problem", model.get("problem"));
    field.disabled = button.disabled = model.get("disabled");
  }
  const names = ["label", "action", "hint", "note", "problem", "disabled"].map((name) => `change:${name}`);
  for (const name of names) model.on(name, show);
  show();
  return () => names.forEach((name) => model.off(name, show));
}

export default { render };
