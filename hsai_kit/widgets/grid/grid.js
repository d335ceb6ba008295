// @ts-check
// The grid itself: what is shown, where one is, what is selected. Rows are named by their place in what was found, which
// stays the same until something else is looked for.
let grids = 0;
const LATE = {
  0: "",
  1: "Waiting for the notebook …",
  2: "The notebook is busy with another cell. What you did here is carried out when that ends.",
  15: "Still no answer. If the kernel was restarted, everything that was shown here is kept. Bring it back with: ",
};

class Grid {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.uid = ++grids;
    this.page = model.get("page");
    this.columns = [];
    this.groupColumns = [];
    this.actions = [];
    this.facets = [];
    this.rows = [];
    this.query = { search: "", filters: {}, sort: "", descending: false, grouped: false };
    this.found = null;
    this.size = 0;
    this.records = 0;
    this.start = 0;
    this.row = 0;
    this.anchor = 0;
    this.selected = new Set();
    this.all = false;
    this.filtersOpen = false;
    this.asked = 0;
    this.editing = null;
    this.told = "";
    /** @type {Record<string, any>} */
    this.parts = {};
    this.wire = connect(model, (seconds) => this.late(seconds), () => this.refresh());
    this.build();
  }

  build() {
    const slow = (() => { let timer; return (work) => { clearTimeout(timer); timer = setTimeout(work, 150); }; })();
    const search = make("input", { type: "search", placeholder: "Search", "aria-label": "Search",
      oninput: (event) => slow(() => this.find({ search: event.target.value })) });
    const parts = {
      search,
      near: make("div", { class: "hsai-filters" }),
      far: make("div", { class: "hsai-filters hsai-far" }),
      group: make("button", { type: "button", onclick: () => this.group() }, "Group by change"),
      summary: make("p", { class: "hsai-summary" }),
      said: make("p", { class: "hsai-said", role: "status" }),
      actions: make("div", { class: "hsai-actions", role: "toolbar", "aria-label": "What to do with rows" }),
      head: make("thead", { role: "rowgroup" }),
      body: make("tbody", { role: "rowgroup" }),
      empty: make("div", { class: "hsai-empty", hidden: true }),
      pages: make("nav", { class: "hsai-pages", "aria-label": "Pages" }),
      card: make("dialog", { class: "hsai-dialog hsai-card", tabIndex: -1, onclose: () => this.focusRow(this.row) }),
      help: make("dialog", { class: "hsai-dialog", tabIndex: -1, "aria-label": "Keys", onclose: () => this.focusRow(this.row) }),
    };
    this.parts = parts;
    const keys = make("button", { type: "button", title: "Keys (?)", "aria-label": "Keys", onclick: () => drawHelp(this) }, "?");
    const table = make("table", { role: "table", "aria-label": this.model.get("label") }, parts.head, parts.body);
    parts.box = make("div", { class: "hsai-box" }, table, parts.empty);
    this.root.classList.add("hsai-grid");
    this.root.replaceChildren(make("div", { class: "hsai-inside" },
      make("div", { class: "hsai-tools" }, search, parts.near, parts.group, keys), parts.far,
      make("div", { class: "hsai-line" }, parts.summary, parts.said), parts.actions, parts.box, parts.pages,
      parts.card, parts.help));
    this.root.addEventListener("keydown", (event) => pressed(this, event));
    parts.summary.textContent = "Loading …";
  }

  async open() {
    const answer = await this.wire.ask("open");
    if (answer.problem) return this.say(answer.problem, true);
    Object.assign(this, { columns: answer.columns, groupColumns: answer.group_columns, actions: answer.actions });
    this.query = answer.query;
    this.parts.search.value = this.query.search;
    this.take(answer);
  }

  take(answer) {
    if (answer.start !== this.start) this.editing = null;
    for (const name of ["found", "facets", "size", "records", "start", "rows"]) this[name] = answer[name];
    this.parts.summary.textContent = answer.summary;
    if (answer.said) this.say(answer.said);
    this.row = Math.min(Math.max(this.row, this.start), Math.max(this.start, this.start + this.rows.length - 1));
    this.draw();
  }

  draw() {
    const focused = this.parts.body.contains(document.activeElement);
    drawFilters(this);
    drawActions(this);
    drawPages(this);
    this.drawHead();
    this.drawRows();
    this.parts.empty.hidden = this.rows.length > 0;
    const looking = this.query.search || Object.keys(this.query.filters).length;
    this.parts.empty.replaceChildren(
      make("p", {}, looking ? "Nothing matches. Look for something else, or clear the search and the filters." : "There are no rows here yet."),
      looking ? make("button", { type: "button", onclick: () => this.clear() }, "Clear") : "");
    if (focused && this.editing === null) this.focusRow(this.row);
  }

  drawRows() {
    const made = this.rows.map((row, step) => this.drawRow(row, this.start + step));
    if (this.editing === null) return this.parts.body.replaceChildren(...made);
    // Answers to earlier keys may come while something is typed: the row where it is typed stays as it is.
    [...this.parts.body.children].forEach((line, step) => { if (this.start + step !== this.editing) line.replaceWith(made[step]); });
  }

  get shown() { return this.query.grouped ? this.groupColumns : this.columns; }

  drawHead() {
    const every = this.rows.length > 0 && this.rows.every((_, place) => this.isSelected(this.start + place));
    const box = make("input", { type: "checkbox", checked: every, "aria-label": "Select this page",
      onchange: (event) => this.selectPage(event.target.checked) });
    const head = ({ name, label, sortable }) => {
      const sorted = this.query.sort === name && (name !== "" || this.query.descending);
      const order = sorted ? (this.query.descending ? "descending" : "ascending") : "none";
      const sign = { ascending: " ↑", descending: " ↓", none: "" }[order];
      const inner = sortable ? make("button", { type: "button", onclick: () => this.sort(name, order) }, label + sign) : label;
      return make("th", { scope: "col", role: "columnheader", "aria-sort": order, dataset: { column: name } }, inner);
    };
    const first = this.actions.length ? [make("th", { role: "columnheader", class: "hsai-check" }, box)] : [];
    const last = this.actions.length ? [make("th", { role: "columnheader", class: "hsai-quick", "aria-label": "Decide" })] : [];
    this.parts.head.replaceChildren(make("tr", { role: "row" }, ...first, ...this.shown.map(head), ...last));
  }

  drawRow(row, place) {
    const about = described(this.shown, row);
    const check = make("td", { role: "cell", class: "hsai-check" }, make("input", {
      type: "checkbox", checked: this.isSelected(place), tabIndex: -1, "aria-label": `Select ${about}`,
      onclick: (event) => this.tick(place, event.target.checked, event.shiftKey) }));
    const cells = this.shown.map(({ name, label, kind }) => make("td", {
      role: "cell", dataset: { label, kind },
      ondblclick: kind === "change" ? () => this.edit(place) : () => {} }, ...CELLS[kind](row[name]).filter(Boolean)));
    const quick = this.actions.filter(({ name }) => name !== "reset").map((action) => make("button", {
      type: "button", tabIndex: -1, title: `${action.label} (${action.key})`, "aria-label": `${action.label} ${about}`,
      class: `hsai-act-${action.name}`, onclick: () => this.actOn(action, [place]) },
      { approve: "✓", reject: "✕", edit: "✎" }[action.name] ?? action.label));
    const last = make("td", { role: "cell", class: "hsai-quick" }, ...quick);
    return make("tr", {
      role: "row", tabIndex: place === this.row ? 0 : -1, "aria-label": about, dataset: { place },
      class: this.isSelected(place) ? "hsai-chosen" : "",
      onfocus: () => this.at(place), onclick: (event) => { if (!event.target.closest("a, button, input, select, textarea")) this.focusRow(place); },
    }, ...(this.actions.length ? [check] : []), ...cells, ...(this.actions.length ? [last] : []));
  }

  at(place) {
    this.line(this.row)?.setAttribute("tabindex", "-1");
    this.row = place;
    this.line(place)?.setAttribute("tabindex", "0");
  }

  line(place) { return this.parts.body.children[place - this.start]; }

  focusRow(place) {
    const line = this.line(place);
    if (!line) return;
    this.at(place);
    line.focus({ preventScroll: true });
    const box = this.parts.box;
    // Scrolls the grid and never the notebook, and keeps rows from under the header.
    const head = this.parts.head.offsetHeight;
    if (line.offsetTop - head < box.scrollTop) box.scrollTop = line.offsetTop - head;
    else if (line.offsetTop + line.offsetHeight > box.scrollTop + box.clientHeight)
      box.scrollTop = line.offsetTop + line.offsetHeight - box.clientHeight;
  }

  async move(by, selecting) {
    const next = Math.min(Math.max(0, this.row + by), this.size - 1);
    if (selecting) this.mark([this.row, next], true);
    if (!this.line(next)) return this.turn(next - (next % this.page), next);
    if (selecting) this.draw();
    this.focusRow(next);
  }

  async turn(start, row) {
    if (start < 0 || start >= this.size) return;
    const answer = await this.wire.ask("page", { start });
    if (answer.problem) return this.say(answer.problem, true);
    this.row = row ?? start;
    this.parts.box.scrollTop = 0;
    this.take(answer);
  }

  async find(change) {
    this.query = { ...this.query, ...change };
    const mine = ++this.asked;
    const answer = await this.wire.ask("find", { query: this.query });
    if (mine !== this.asked) return;
    if (answer.problem) return this.say(answer.problem, true);
    this.say("");
    // What can no longer be seen must not be decided by accident.
    this.selected.clear();
    this.all = false;
    this.editing = null;
    this.row = this.anchor = 0;
    this.parts.box.scrollTop = 0;
    this.take(answer);
  }

  async refresh() {
    const answer = await this.wire.ask("page", { start: this.start });
    if (!answer.problem) this.take(answer);
  }

  filter(name, value) {
    const { [name]: _, ...others } = this.query.filters;
    return this.find({ filters: value === undefined ? others : { ...others, [name]: value } });
  }

  sort(name, order) {
    if (order === "none") return this.find({ sort: name, descending: false });
    return order === "ascending" ? this.find({ sort: name, descending: true }) : this.find({ sort: "", descending: false });
  }

  group() { if (this.groupColumns.length) return this.find({ grouped: !this.query.grouped, sort: "", descending: false }); }

  clear() {
    this.parts.search.value = "";
    return this.find({ search: "", filters: {} });
  }

  toggleFilters() {
    this.filtersOpen = !this.filtersOpen;
    drawFilters(this);
  }

  isSelected(place) { return this.all || this.selected.has(place); }

  selectedCount() { return this.all ? this.size : this.selected.size; }

  mark(places, on) {
    if (this.all) {
      this.all = false;
      for (let place = 0; place < this.size; place++) this.selected.add(place);
    }
    for (const place of places) on ? this.selected.add(place) : this.selected.delete(place);
  }

  select(place, on) {
    this.mark([place], on);
    this.anchor = place;
    this.draw();
  }

  tick(place, on, range) {
    const [low, high] = range ? [Math.min(this.anchor, place), Math.max(this.anchor, place)] : [place, place];
    this.mark(Array.from({ length: high - low + 1 }, (_, step) => low + step), on);
    this.anchor = place;
    this.row = place;
    this.draw();
  }

  selectPage(on) {
    this.mark(this.rows.map((_, place) => this.start + place), on);
    this.draw();
  }

  selectAll() {
    this.all = this.size > 0;
    this.selected.clear();
    this.draw();
  }

  selectNone() {
    this.all = false;
    this.selected.clear();
    this.draw();
  }

  chosen() { return this.all ? null : this.selected.size ? [...this.selected].sort((a, b) => a - b) : [this.row]; }

  act(action) { return this.actOn(action, this.chosen()); }

  async actOn(action, rows) {
    if (this.size === 0) return;
    if (action.value !== "none") return this.edit(rows === null ? this.row : rows.includes(this.row) ? this.row : rows[0], rows, action);
    const one = rows !== null && rows.length === 1;
    const sent = this.send(action, rows, null);
    this.focusRow(one ? rows[0] : this.row);
    // At once, so that the next key is about the next row however late the answer is.
    if (one && this.selected.size === 0) this.move(1, false);
    await sent;
  }

  async send(action, rows, value) {
    const answer = await this.wire.ask("act", { action: action.name, rows, value, start: this.start, found: this.found });
    if (answer.problem) {
      this.say(answer.problem, true);
      this.refresh();
      return answer.problem;
    }
    this.take(answer);
    return "";
  }

  edit(place, rows = [place], action = this.actions.find(({ name }) => name === "edit")) {
    if (this.editing !== null) {
      this.editing = null;
      this.draw();
    }
    const line = this.line(place);
    if (!line || !action) return;
    const cell = line.querySelector("[data-kind=change]");
    const row = this.rows[place - this.start];
    if (row.change?.more && rows?.length === 1) return this.openCard(place, { rewrite: true });
    const count = rows === null ? this.size : rows.length;
    const about = count > 1 ? `New value for ${number(count)} selected` : "New value";
    const end = () => {
      this.editing = null;
      this.draw();
      this.focusRow(place);
    };
    this.at(place);
    this.editing = place;
    const { box, field } = editor(action, row.change?.value ?? "", about, async (value) => {
      const problem = await this.send(action, rows, value);
      if (problem) return problem;
      // Closed or left for another row while the answer was on its way: then the focus stays there.
      if (this.editing !== place) return "";
      end();
      if (count === 1) this.move(1, false);
      return "";
    }, end);
    cell.replaceChildren(box);
    field.focus();
  }

  async undo() {
    const answer = await this.wire.ask("undo", { start: this.start });
    if (answer.problem) return this.say(answer.problem, true);
    this.take(answer);
  }

  async openCard(place, { rewrite = false, turning = false } = {}) {
    if (place < 0 || place >= this.size) return;
    if (!this.line(place)) await this.turn(place - (place % this.page), place);
    const answer = await this.wire.ask("card", { row: place, found: this.found });
    if (answer.problem) return this.say(answer.problem, true);
    // Closed while the next one was on its way: then it is to stay closed.
    if (turning && !this.parts.card.open) return;
    this.at(place);
    drawCard(this, answer.card, place);
    if (rewrite) this.parts.card.rewrite();
  }

  async actOnCard(action, value, place) {
    const problem = await this.send(action, [place], value);
    if (problem) return problem;
    if (place + 1 < this.size) await this.openCard(place + 1, { turning: true });
    else this.parts.card.close();
    return "";
  }

  say(text, problem = false) {
    this.parts.said.textContent = text;
    this.parts.said.classList.toggle("hsai-problem", problem);
    this.told = text;
  }

  late(seconds) {
    const back = seconds === 15 ? this.model.get("comeback") || "running the cell again" : "";
    this.parts.said.textContent = (LATE[seconds] || this.told || "") + back;
    this.root.classList.toggle("hsai-late", seconds > 0);
  }
}

function render({ model, el }) {
  const grid = new Grid(model, el);
  grid.open();
  const seen = () => { if (document.visibilityState === "visible") grid.refresh(); };
  document.addEventListener("visibilitychange", seen);
  return () => {
    document.removeEventListener("visibilitychange", seen);
    grid.wire.close();
  };
}

export default { render };
