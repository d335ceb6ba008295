// Listens on the outputs that hold widgets, and stops a key there after the widget itself has had it.
const guarded = new WeakSet();

function stop(event) {
  const saves = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
  if (!saves) event.stopPropagation();
}

function guard(event) {
  const output = event.target.closest?.(".jp-OutputArea-output");
  if (!output || guarded.has(output) || !output.querySelector(".jupyter-widgets, .widget-container")) return;
  guarded.add(output);
  output.addEventListener("keydown", stop);
}

function render({ el }) {
  el.style.display = "none";
  // Capturing, so that an output is guarded before its first key arrives.
  document.addEventListener("focusin", guard, true);
  document.addEventListener("keydown", guard, true);
}

export default { render };
