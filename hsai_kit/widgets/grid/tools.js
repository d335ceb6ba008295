// @ts-check
// Search, filters and what can be done, above the table; pages below it.
function filterField(grid, facet) {
  const current = grid.query.filters[facet.name];
  const set = (value) => grid.filter(facet.name, value);
  if (facet.kind === "choice") {
    const any = make("option", { value: "" }, "any");
    const options = facet.options.map(({ value, label, count }) =>
      make("option", { value, selected: value === current }, count === null ? label : `${label} (${number(count)})`),
    );
    const gone = current !== undefined && !facet.options.some(({ value }) => value === current);
    if (gone) options.push(make("option", { value: current, selected: true }, `${current} (0)`));
    return make("select", { onchange: (event) => set(event.target.value || undefined) }, any, ...options);
  }
  if (facet.kind === "text") {
    const id = `hsai-list-${grid.uid}-${facet.name}`;
    const list = make("datalist", { id }, ...facet.options.map(({ value, count }) =>
      make("option", { value, label: count === null ? "" : number(count) }),
    ));
    const field = make("input", {
      type: "text", value: current ?? "", placeholder: "any", onchange: (event) => set(event.target.value || undefined),
    });
    field.setAttribute("list", id);
    return make("span", {}, field, list);
  }
  const bounds = Array.isArray(current) ? current : [null, null];
  const bound = (side, said) =>
    make("input", {
      type: "number", min: 0, max: 100, step: 1, placeholder: side ? "100" : "0", "aria-label": `${facet.label} ${said}`,
      value: bounds[side] === null ? "" : Math.round(bounds[side] * 100),
      onchange: (event) => {
        const next = [...bounds];
        next[side] = event.target.value === "" ? null : Number(event.target.value) / 100;
        set(next.every((one) => one === null) ? undefined : next);
      },
    });
  return make("span", { class: "hsai-range" }, bound(0, "from"), "to", bound(1, "to"), "%");
}

function drawFilters(grid) {
  const chosen = Object.keys(grid.query.filters).length;
  const field = (facet) => make("label", { class: "hsai-filter", dataset: { facet: facet.name } },
    make("span", {}, facet.label), filterField(grid, facet));
  // What is drawn anew loses the focus, and one would have to find the way back after each choice.
  /** @type {HTMLElement | null | undefined} */
  const focused = document.activeElement?.closest("[data-facet]");
  const held = focused && grid.root.contains(focused) ? focused.dataset.facet : null;
  const [near, far] = [grid.facets.slice(0, 2), grid.facets.slice(2)];
  grid.parts.near.replaceChildren(
    ...near.map(field),
    far.length
      ? make("button", {
          type: "button", "aria-expanded": String(grid.filtersOpen), onclick: () => grid.toggleFilters(),
        }, grid.filtersOpen ? "Fewer filters" : "More filters")
      : "",
    chosen || grid.query.search ? make("button", { type: "button", onclick: () => grid.clear() }, "Clear") : "",
  );
  grid.parts.far.replaceChildren(...(grid.filtersOpen ? far.map(field) : []));
  if (held !== null) grid.root.querySelector(`[data-facet="${CSS.escape(String(held))}"] :is(select, input)`)?.focus();
  grid.parts.group.hidden = grid.groupColumns.length === 0;
  grid.parts.group.setAttribute("aria-pressed", String(grid.query.grouped));
}

function drawActions(grid) {
  const count = grid.selectedCount();
  const unit = grid.query.grouped ? "changes" : "rows";
  const said = grid.all ? `All ${number(grid.size)} ${unit} selected` : count ? `${number(count)} selected` : "";
  const button = (action) =>
    make("button", {
      type: "button", class: `hsai-act hsai-act-${action.name}`, disabled: grid.size === 0,
      title: `${action.label} (${action.key})`, onclick: () => grid.act(action),
    }, action.label, make("kbd", { "aria-hidden": "true" }, action.key));
  const pageIsAll = grid.rows.length > 0 && grid.rows.every((_, row) => grid.selected.has(grid.start + row));
  grid.parts.actions.replaceChildren(
    ...(grid.actions.length ? [
      ...grid.actions.map(button),
      make("button", { type: "button", class: "hsai-act", title: "Take back what you decided last (u)",
        onclick: () => grid.undo() }, "Undo last", make("kbd", { "aria-hidden": "true" }, "u")),
      make("span", { class: "hsai-selected" }, said),
      pageIsAll && !grid.all && grid.size > grid.rows.length
        ? make("button", { type: "button", class: "hsai-link", onclick: () => grid.selectAll() },
            `Select all ${number(grid.size)} that match`)
        : "",
      count || grid.all
        ? make("button", { type: "button", class: "hsai-link", onclick: () => grid.selectNone() }, "Select none")
        : "",
    ] : []),
  );
  grid.parts.actions.hidden = grid.actions.length === 0;
}

function drawPages(grid) {
  const pages = Math.max(1, Math.ceil(grid.size / grid.page));
  const current = Math.floor(grid.start / grid.page) + 1;
  const turn = (said, label, to, off) =>
    make("button", { type: "button", "aria-label": label, disabled: off, onclick: () => grid.turn(to) }, said);
  const matches = grid.query.grouped
    ? `${number(grid.size)} changes over ${number(grid.records)} records`
    : `${number(grid.start + 1)}–${number(grid.start + grid.rows.length)} of ${number(grid.size)}`;
  grid.parts.pages.replaceChildren(
    make("span", { class: "hsai-note" }, grid.size ? matches : ""),
    turn("‹", "Previous page", grid.start - grid.page, current === 1),
    make("label", {}, "Page ", make("input", {
      type: "number", min: 1, max: pages, value: current,
      onchange: (event) => grid.turn((Math.min(pages, Math.max(1, Number(event.target.value) || 1)) - 1) * grid.page),
    }), ` of ${number(pages)}`),
    turn("›", "Next page", grid.start + grid.page, current === pages),
  );
}
