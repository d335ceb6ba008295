// @ts-check
// Keys that work anywhere in the grid, unless something is being typed.
function pressed(grid, event) {
  const saves = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
  // Nothing that is pressed here may reach the notebook, where it would cut or insert cells.
  if (!saves) event.stopPropagation();
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
  if (typing) {
    if (event.key === "Escape" || (event.key === "Enter" && event.target === grid.parts.search)) grid.focusRow(grid.row);
    return;
  }
  const inCard = grid.parts.card.open;
  if (grid.parts.help.open) return;
  const action = grid.actions.find(({ key }) => key === event.key);
  const moves = { j: 1, ArrowDown: 1, J: 1, k: -1, ArrowUp: -1, K: -1 };
  const pages = { ArrowLeft: -1, PageUp: -1, ArrowRight: 1, PageDown: 1 };
  const others = {
    x: () => grid.select(grid.row, !grid.isSelected(grid.row)),
    "*": () => grid.selectAll(),
    u: () => grid.undo(),
    g: () => grid.group(),
    "/": () => grid.parts.search.focus(),
    "?": () => drawHelp(grid),
    Escape: () => grid.selectNone(),
  };
  const onButton = event.target.matches("button, a, summary");
  if (inCard) {
    if (action?.name === "edit") grid.parts.card.rewrite();
    else if (action) grid.actOnCard(action, null, grid.row);
    else if (event.key in moves) grid.openCard(grid.row + moves[event.key], { turning: true });
    else return;
  } else if (action) grid.act(action);
  else if (event.key in moves) grid.move(moves[event.key], event.shiftKey);
  else if (event.key in pages) grid.turn(grid.start + pages[event.key] * grid.page);
  else if (event.key === "Enter" && !event.shiftKey && !onButton) grid.openCard(grid.row);
  else if (event.key in others && !(onButton && event.key === "Enter")) others[event.key]();
  else return;
  event.preventDefault();
}
