// @ts-check
// Listens on the outputs that hold widgets, and stops a key there after the widget itself has had it. Tells as well
// that a click waits while another cell keeps the kernel busy: a stock button would look as if it had not been heard.
const guarded = new WeakSet();
const LATE_MS = 1500;

function stop(event) {
  const saves = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
  if (!saves) event.stopPropagation();
}

function render({ model, el }) {
  const notice = el.appendChild(document.createElement("p"));
  Object.assign(notice, { className: "hsai-text hsai-warn" });
  notice.setAttribute("role", "status");
  // JupyterLab takes an inline style off again.
  el.classList.add("hsai-guard");
  let timer;
  function guard(event) {
    const output = event.target.closest?.(".jp-OutputArea-output");
    if (!output || guarded.has(output) || !output.querySelector(".jupyter-widgets, .widget-container")) return;
    guarded.add(output);
    output.addEventListener("keydown", stop);
  }
  function clicked(event) {
    const panel = el.closest(".hsai-panel");
    if (!panel || !event.target.closest?.("button") || event.target.closest(".hsai-panel") !== panel) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      notice.textContent = "The notebook is busy with another cell. What you clicked is done when that ends.";
      el.classList.remove("hsai-guard");
    }, LATE_MS);
    model.send({ heard: "?" });
  }
  function heard() {
    clearTimeout(timer);
    el.classList.add("hsai-guard");
    notice.textContent = "";
  }
  // Capturing, so that an output is guarded before its first key arrives.
  const events = ["focusin", "keydown"];
  for (const name of events) document.addEventListener(name, guard, true);
  document.addEventListener("click", clicked, true);
  model.on("msg:custom", heard);
  return () => {
    clearTimeout(timer);
    events.forEach((name) => document.removeEventListener(name, guard, true));
    document.removeEventListener("click", clicked, true);
    model.off("msg:custom", heard);
  };
}

export default { render };
