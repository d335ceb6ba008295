// @ts-check
// One row in full beside its source record, and the list of keys: dialogs, so that the focus stays in them.
function drawCard(grid, card, row) {
  const dialog = grid.parts.card;
  const edit = grid.actions.find(({ name }) => name === "edit");
  const decision = grid.rows[row - grid.start]?.decision;
  const source = card.source.map(([name, text]) => [make("dt", {}, name), make("dd", {}, make("bdi", {}, text))]).flat();
  const side = (title, parts, blank) =>
    make("section", {}, make("h4", {}, title), make("p", { class: card.before.length ? "hsai-long" : "hsai-long hsai-new" }, ...segments(parts, blank)));
  const [before, after] = card.titles;
  const change = make("div", { class: "hsai-card-change" },
    before ? side(before, card.before, "(blank)") : null,
    after ? side(after, card.after, edit ? "no proposal" : "(blank)") : null,
    card.note ? make("p", { class: "hsai-note" }, card.note) : null,
    decision ? make("p", {}, ...CELLS.decision(decision).filter(Boolean)) : null);
  const act = (action) => make("button", { type: "button", class: `hsai-act-${action.name}`,
    onclick: () => (action === edit ? rewrite() : grid.actOnCard(action, null, row)) },
    action.label, make("kbd", { "aria-hidden": "true" }, action.key));
  function rewrite() {
    const back = () => { drawCard(grid, card, row); };
    const { box, field } = editor(edit, card.value, "New value", (value) => grid.actOnCard(edit, value, row), back);
    change.replaceChildren(box);
    field.focus();
  }
  dialog.rewrite = edit ? rewrite : () => {};
  const title = card.link
    ? make("a", { href: card.link, target: "_blank", rel: "noopener noreferrer" }, card.title)
    : make("span", {}, card.title);
  dialog.replaceChildren(
    make("header", {}, make("h3", {}, title),
      make("button", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, "✕")),
    make("div", { class: "hsai-card-body" },
      make("section", {}, make("h4", {}, "The record"),
        source.length ? make("dl", {}, ...source) : make("p", { class: "hsai-note" }, "Nothing else was pulled of it.")),
      change),
    make("footer", {},
      make("button", { type: "button", onclick: () => grid.openCard(row - 1, { turning: true }), disabled: row === 0 }, "‹ Previous"),
      ...grid.actions.map(act),
      make("button", { type: "button", onclick: () => grid.openCard(row + 1, { turning: true }), disabled: row + 1 >= grid.size }, "Next ›")),
  );
  dialog.setAttribute("aria-label", card.title);
  if (!dialog.open) dialog.showModal();
  dialog.focus();
}

const KEYS = [
  ["j, k or ↓, ↑", "next row, row before; with Shift they select as well"],
  ["← →, Page Up, Page Down", "page before, next page"],
  ["x", "select the row, or not"],
  ["*", "select all that match"],
  ["u", "undo what you decided last"],
  ["g", "group by change, or not"],
  ["Enter", "the row in full, beside its record"],
  ["/", "search"],
  ["Escape", "close, or select none"],
  ["?", "this help"],
];

function drawHelp(grid) {
  const dialog = grid.parts.help;
  const own = grid.actions.map(({ key, label }) => [key, `${label}: the selected rows, or the one you are at`]);
  const line = ([key, said]) => [make("dt", {}, make("kbd", {}, key)), make("dd", {}, said)];
  dialog.replaceChildren(
    make("header", {}, make("h3", {}, "Keys"),
      make("button", { type: "button", "aria-label": "Close", onclick: () => dialog.close() }, "✕")),
    make("dl", { class: "hsai-keys" }, ...[...own, ...KEYS].map(line).flat()),
  );
  dialog.showModal();
  dialog.focus();
}
