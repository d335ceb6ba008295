// Listens on the outputs that hold widgets, and stops a key there after the widget itself has had it.
const guarded = new WeakSet();

function stop(event) {
  const saves = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
  if (!saves) event.stopPropagation();
}

function render({ el }) {
  // JupyterLab takes an inline style off again.
  el.classList.add("hsai-guard");
  function guard(event) {
    const output = event.target.closest?.(".jp-OutputArea-output");
    if (!output || guarded.has(output) || !output.querySelector(".jupyter-widgets, .widget-container")) return;
    guarded.add(output);
    output.addEventListener("keydown", stop);
  }
  // Capturing, so that an output is guarded before its first key arrives.
  const events = ["focusin", "keydown"];
  for (const name of events) document.addEventListener(name, guard, true);
  return () => events.forEach((name) => document.removeEventListener(name, guard, true));
}

export default { render };
