// The one registry of what can be done on a page, by its name: what the server says of
// each action, and how it is done. Has no effect on import.
const told = document.getElementById("keyboard-actions");
export const { on: areKeysOn, groups, actions } = told
  ? JSON.parse(told.textContent)
  : { on: false, groups: [], actions: [] };

const FOCUSABLE = "input:not([type=hidden]), select, textarea, button, a[href]";
const handlers = new Map();

function isShown(element) {
  return element.checkVisibility({ visibilityProperty: true }) && !element.disabled;
}

// `can` says whether the action means anything now; `run` does it and returns false if
// nothing came of it. Where it cannot, a control of that name is asked.
export function register(name, { can = () => true, run }) {
  handlers.set(name, { can, run });
}

export function controlOf(name) {
  const marked = document.querySelectorAll(`[data-action="${CSS.escape(name)}"]`);
  return [...marked].find(isShown);
}

export function isAvailable(name) {
  return handlers.get(name)?.can() === true || controlOf(name) !== undefined;
}

function open(details) {
  details.open = true;
  details.querySelector("summary ~ * :is(input:not([type=hidden]), select, textarea)")?.focus();
}

function act(control) {
  const choice = control.matches("label") ? control.control : null;
  if (choice) {
    choice.focus();
    choice.click();
  } else if (control.matches("details")) open(control);
  else if (control.matches("input[type=checkbox], button, a, summary")) control.click();
  else if (control.matches(FOCUSABLE)) control.focus();
  else control.querySelector(FOCUSABLE)?.focus();
}

// Does an action; returns whether there was anything to do.
export function run(name) {
  const handler = handlers.get(name);
  if (handler?.can()) return handler.run() !== false;
  const control = controlOf(name);
  if (control) act(control);
  return control !== undefined;
}

// Begins what lasts as long as its key is held; returns how to end it.
export function hold(name) {
  const control = controlOf(name);
  if (!control) return null;
  control.dispatchEvent(new CustomEvent("pw:hold"));
  return () => control.dispatchEvent(new CustomEvent("pw:release"));
}
