// @ts-check
// A field for another value, in the row itself or in the card; Enter saves, Escape leaves it as it was.
function editor(action, text, about, save, cancel) {
  const shared = { class: "hsai-edit-field", "aria-label": about };
  let field;
  if (action.value === "choice") {
    const options = action.options.map((value) => make("option", { value, selected: value === text }, value));
    const none = action.options.includes(text) ? [] : [make("option", { value: "", selected: true }, "choose …")];
    field = make("select", shared, ...none, ...options);
  } else if (action.value === "text" && (text.length > 60 || text.includes("\n"))) {
    field = make("textarea", { ...shared, value: text,
      rows: Math.min(16, Math.max(3, text.split("\n").reduce((sum, line) => sum + Math.ceil((line.length + 1) / 60), 0))) });
    field.setSelectionRange(0, 0);
  } else {
    field = make("input", { ...shared, type: action.value === "number" ? "number" : "text", step: "any", value: text });
  }
  const problem = make("p", { class: "hsai-problem", role: "alert" });
  async function done() {
    const refused = await save(field.value);
    if (refused) {
      problem.textContent = refused;
      field.focus();
    }
  }
  const long = field.tagName === "TEXTAREA";
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (!long || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      done();
    } else if (event.key === "Escape") {
      event.preventDefault();
      cancel();
    }
    event.stopPropagation();
  });
  const box = make(
    "div",
    { class: "hsai-edit" },
    make("span", { class: "hsai-note" }, about),
    make("div", { class: "hsai-edit-line" }, field,
      make("button", { type: "button", class: "hsai-act-approve", onclick: done }, long ? "Save (Ctrl+Enter)" : "Save"),
      make("button", { type: "button", onclick: cancel }, "Cancel")),
    problem,
  );
  return { box, field };
}
