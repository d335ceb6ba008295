// @ts-check
// Elements, made so that whatever a record holds is text: nothing here ever parses markup.
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "class") element.className = value;
    else if (name === "dataset") Object.assign(element.dataset, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && !name.startsWith("aria-") && name !== "role") element[name] = value;
    else if (value !== null && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const number = (value) => value.toLocaleString("en-US");

function moment(at) {
  const time = new Date(at);
  if (Number.isNaN(time.valueOf())) return "";
  /** @type {Intl.DateTimeFormatOptions} */
  const clock = { hour: "2-digit", minute: "2-digit" };
  const today = time.toDateString() === new Date().toDateString();
  return time.toLocaleString([], today ? clock : { day: "numeric", month: "short", ...clock });
}

// Questions to Python, each answered once. `waiting` is called while an answer is late, with how late it is.
function connect(model, waiting, changed) {
  const view = `${Date.now()}-${Math.random()}`;
  const open = new Map();
  let last = 0;
  function hear(message) {
    if (message.changed) changed();
    if (message.view !== view || !open.has(message.id)) return;
    const { answer, timers } = open.get(message.id);
    open.delete(message.id);
    timers.forEach(clearTimeout);
    if (open.size === 0) waiting(0);
    answer(message);
  }
  model.on("msg:custom", hear);
  return {
    ask(kind, content = {}) {
      const id = ++last;
      return new Promise((answer) => {
        const timers = [1, 2, 15].map((seconds) => setTimeout(() => waiting(seconds), seconds * 1000));
        open.set(id, { answer, timers });
        model.send({ view, id, kind, ...content });
      });
    },
    close() {
      model.off("msg:custom", hear);
      for (const { timers } of open.values()) timers.forEach(clearTimeout);
    },
  };
}
