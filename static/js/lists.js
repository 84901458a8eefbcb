// Lists by keyboard: one row is current (the one whose link, or box, has the focus).
// The keys themselves belong to whoever maps them to the actions named here.
const MOVES = { "row-next": 1, "row-previous": -1 };
const narrow = matchMedia("(max-width: 640px)");
const listening = new WeakSet();

function rowsOf(list) {
  return [...list.querySelectorAll("[data-row]")];
}

function linkOf(row) {
  return row?.querySelector("a.covering");
}

function currentOf(list) {
  const rows = rowsOf(list);
  const focused = document.activeElement?.closest("[data-row]");
  return rows.includes(focused) ? focused : (rows.find((row) => row === list.currentRow) ?? null);
}

function moveBy(list, step) {
  const rows = rowsOf(list);
  const at = rows.indexOf(currentOf(list));
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1);
  list.currentRow = rows[next];
  linkOf(rows[next])?.focus();
}

function act(list, action, control) {
  if (action in MOVES) moveBy(list, MOVES[action]);
  else if (action === "row-open") linkOf(currentOf(list))?.click();
  else if (action === "row-select") {
    const row = currentOf(list);
    row?.querySelector(".listrow-choice input")?.click();
    linkOf(row)?.focus();
  } else if (action === "row-select-all") {
    for (const box of list.querySelectorAll(".listrow-choice input")) box.checked = control.checked;
  }
}

// On a narrow screen the rows come first, unless filters are in use.
function fold(root) {
  for (const folded of root.querySelectorAll("[data-folds]:not([data-is-used])")) {
    folded.open = !narrow.matches;
  }
}

function start(root) {
  fold(root);
  for (const list of root.querySelectorAll("[data-list]")) {
    if (listening.has(list)) continue;
    listening.add(list);
    for (const tool of list.querySelectorAll("[data-row-tools]")) tool.hidden = false;
    list.addEventListener("focusin", (event) => {
      const row = event.target.closest("[data-row]");
      if (row) list.currentRow = row;
    });
    list.addEventListener("click", (event) => {
      const control = event.target.closest("[data-action^='row-']");
      if (control) act(list, control.dataset.action, control);
    });
  }
}

start(document);
narrow.addEventListener("change", () => fold(document));
document.addEventListener("pw:shown", (event) => start(event.detail.root));
