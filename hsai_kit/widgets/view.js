// @ts-check
// Everything that a record may say arrives by message and is set as text: no trait holds it, and none of it is markup.
function make(tag, name, text) {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text !== undefined) node.textContent = text;
  return node;
}

function cell(tag, value, name) {
  const node = make(tag, name);
  const shown = value !== null && typeof value === "object" ? value : { text: value };
  const text = shown.text === null || shown.text === undefined ? "" : String(shown.text);
  if (String(shown.href || "").startsWith("https://")) {
    const link = make("a", "", text);
    Object.assign(link, { href: shown.href, target: "_blank", rel: "noopener noreferrer" });
    node.append(link);
  } else node.textContent = text;
  return node;
}

function titled(block, name, content) {
  const box = make("figure", name);
  if (block.title) box.append(make("figcaption", "hsai-caption", block.title));
  box.append(content);
  return box;
}

const draw = {
  text: (block) => make("p", `hsai-text hsai-${block.tone}`, block.text),
  code: (block) => titled(block, "hsai-figure", make("pre", "hsai-code", block.text)),
  facts(block) {
    const list = make("dl", "hsai-facts");
    for (const [label, value] of block.items) {
      const fact = make("div", "hsai-fact");
      fact.append(make("dt", "", label), cell("dd", value));
      list.append(fact);
    }
    return list;
  },
  ticks(block) {
    const list = make("ul", block.wide ? "hsai-ticks hsai-ticks-wide" : "hsai-ticks");
    for (const [done, text] of block.items) {
      const line = make("li", done ? "hsai-yes" : "hsai-no");
      const mark = make("span", "hsai-mark", done ? "✓" : "–");
      mark.setAttribute("aria-label", done ? "yes:" : "no:");
      mark.setAttribute("role", "img");
      line.append(mark, make("span", "", text));
      list.append(line);
    }
    return titled(block, "hsai-figure", list);
  },
  table(block) {
    const table = make("table", "hsai-table");
    const head = make("tr");
    block.columns.forEach((column, place) => head.append(make("th", block.numbers.includes(place) ? "hsai-number" : "", column)));
    for (const th of head.children) th.scope = "col";
    table.append(make("thead"), make("tbody"));
    table.tHead.append(head);
    for (const row of block.rows) {
      const line = make("tr");
      row.forEach((value, place) => line.append(cell("td", value, block.numbers.includes(place) ? "hsai-number" : "")));
      table.tBodies[0].append(line);
    }
    const scroll = make("div", "hsai-scroll");
    Object.assign(scroll, { tabIndex: 0 });
    scroll.setAttribute("role", "region");
    scroll.setAttribute("aria-label", block.title || "table");
    scroll.append(table);
    const box = titled(block, "hsai-figure", scroll);
    if (block.more) box.append(make("p", "hsai-text hsai-muted", block.more));
    return box;
  },
  bars(block) {
    const list = make("ol", "hsai-counts");
    const most = Math.max(1, ...block.items.map(([, count]) => count));
    for (const [label, count] of block.items) {
      const line = make("li", "hsai-count");
      const track = make("span", "hsai-track");
      const fill = make("span", "hsai-fill");
      fill.style.width = `${Math.max(1, (100 * count) / most)}%`;
      track.append(fill);
      line.append(make("span", "hsai-count-label", label), track, make("span", "hsai-number", count.toLocaleString("en-US")));
      line.title = `${label}: ${count}`;
      list.append(line);
    }
    return titled(block, "hsai-figure hsai-chart", list);
  },
};

function render({ model, el }) {
  const root = make("div", "hsai-view");
  root.setAttribute("role", model.get("urgent") ? "alert" : "status");
  el.append(root);
  function show(message) {
    if (!message || !Array.isArray(message.blocks)) return;
    const groups = [];
    for (const block of message.blocks) {
      const node = draw[block.kind](block);
      const last = groups[groups.length - 1];
      // Charts and cards stand beside each other where there is room.
      if (block.beside && last?.className === "hsai-beside") last.append(node);
      else if (block.beside) {
        const row = make("div", "hsai-beside");
        row.append(node);
        groups.push(row);
      } else groups.push(node);
    }
    root.replaceChildren(...groups);
    el.classList.toggle("hsai-nothing", groups.length === 0);
  }
  model.on("msg:custom", show);
  model.send({ wants: "blocks" });
  return () => model.off("msg:custom", show);
}

export default { render };
