// @ts-check
const SIGNS = { pending: "·", approved: "✓", edited: "✎", rejected: "✕" };

function segments(parts, blank) {
  if (parts.length === 0) return [make("span", { class: "hsai-blank" }, blank)];
  const tags = { same: "span", gone: "del", came: "ins" };
  return parts.map(([kind, text]) => make(tags[kind], {}, text));
}

const more = (cut) => (cut ? make("span", { class: "hsai-blank" }, " …") : null);

const CELLS = {
  record: (cell) => {
    if (!cell.link) return [make("span", { class: "hsai-id" }, cell.text)];
    const told = { class: "hsai-id", href: cell.link, target: "_blank", rel: "noopener noreferrer", tabIndex: -1 };
    return [make("a", { ...told, "aria-label": `Record ${cell.text} in HubSpot` }, cell.text)];
  },
  change: (cell) => [
    cell.same ? make("div", { class: "hsai-change" }, make("bdi", {}, ...segments(cell.before, "(blank)"), more(cell.more)),
      make("span", { class: "hsai-blank" }, "stays as it is")) : make(
      "div",
      { class: "hsai-change" },
      make("bdi", { class: "hsai-before" }, ...segments(cell.before, "(blank)"), more(cell.more_before)),
      make("span", { class: "hsai-arrow", "aria-label": "becomes" }, "→"),
      make("bdi", { class: cell.before.length ? "hsai-after" : "hsai-after hsai-new" }, ...segments(cell.after, "no proposal"), more(cell.more)),
    ),
  ],
  text: (cell) => [
    make("bdi", {}, ...(cell.segments ? segments(cell.segments, "(blank)") : [cell.text])),
    more(cell.more),
  ],
  number: (cell) => [cell === null ? "–" : number(cell)],
  share: (cell) => {
    if (cell === null) return [make("span", { class: "hsai-blank", title: "not known" }, "–")];
    const [low, high] = Array.isArray(cell) ? cell : [cell, cell];
    const percent = (share) => Math.floor(share * 100);
    const said = percent(low) === percent(high) ? `${percent(low)} %` : `${percent(low)}–${percent(high)} %`;
    const bar = make("span", { class: "hsai-bar", "aria-hidden": "true" }, make("span", {}));
    bar.firstChild.style.width = `${percent(low)}%`;
    return [make("span", { class: "hsai-share" }, said), bar];
  },
  flags: (cell) => [
    ...cell.flags.map((flag) => make("span", { class: "hsai-flag" }, flag)),
    cell.note ? make("span", { class: "hsai-note" }, cell.note) : null,
  ],
  decision: (cell) => {
    const badge = (name, said) => make("span", { class: `hsai-decision hsai-${name}` }, `${SIGNS[name] ?? ""} ${said}`);
    if (cell.counts) return Object.entries(cell.counts).map(([name, count]) => badge(name, `${number(count)} ${name}`));
    const by = cell.who ? make("span", { class: "hsai-note" }, `${cell.who}, ${moment(cell.at)}`) : null;
    return [badge(cell.name, cell.name), by];
  },
};

const whole = (parts, blank) => parts.map(([, text]) => text).join("") || blank;

// What a screen reader says of a row before anything else.
function described(columns, row) {
  const said = columns.map(({ kind, name, label }) => {
    const cell = row[name];
    if (kind === "record") return `${label} ${cell.text}`;
    if (kind === "change" && cell.same) return `${whole(cell.before, "blank")} stays as it is`;
    if (kind === "change") return `${whole(cell.before, "blank")} becomes ${whole(cell.after, "no proposal")}`;
    if (kind === "flags") return cell.flags.join(", ");
    if (kind === "decision") return cell.name ?? "";
    if (kind === "number" && cell !== null) return `${number(cell)} ${label}`;
    return "";
  });
  return said.filter(Boolean).join(", ");
}
