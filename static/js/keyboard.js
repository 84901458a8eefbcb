// Keys: what each does, which is shown beside its control, the sheet of all. Never while
// somebody types, on repeat, in a dialog; each can be changed, and all switched off.
import { actions, areKeysOn, controlOf, groups, hold, isAvailable, register, run } from "./actions.js";
import { announce } from "./announce.js";
import { keyOf, latinKeyOf, shown, spoken } from "./keys.js";
import { startPalette } from "./palette.js";

const PLAIN_INPUTS = ["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"];
const ARROWS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];
const byKey = new Map(actions.filter(({ key }) => key).reverse().map((action) => [action.key, action]));
const held = new Map();

function isTyping(target) {
  if (target.isContentEditable || target.matches("textarea, select")) return true;
  return target.matches("input") && !PLAIN_INPUTS.includes(target.type);
}

// What a control that has the focus does with a key by itself.
function isItsOwn(target, key) {
  if (target.matches("button, summary, [role=button]")) return ["Enter", "Space"].includes(key);
  if (target.matches("a[href]")) return key === "Enter";
  if (target.matches("input[type=range]")) return [...ARROWS, "Home", "End", "PageUp", "PageDown"].includes(key);
  if (target.matches("input[type=radio]")) return [...ARROWS, "Space"].includes(key);
  return target.matches("input[type=checkbox]") && key === "Space";
}

function leaveField(field) {
  const folded = field.closest("details[open]");
  const summary = folded?.querySelector("summary");
  if (summary) {
    folded.open = false;
    summary.focus();
  } else field.blur();
}

function sendFrom(field) {
  const { form } = field;
  if (!form) return false;
  form.requestSubmit(form.querySelector("[data-action=submit]"));
  return true;
}

// While somebody types only two keys count, and neither writes anything.
function whileTyping(event, key) {
  if (key === "Escape") leaveField(event.target);
  else if (key === "Ctrl+Enter" && sendFrom(event.target)) event.preventDefault();
}

function explain(name) {
  if (!name.startsWith("reason-") || !controlOf("decide-fake")) return;
  announce(gettext("First choose what the picture is, then a reason."));
}

function press(event) {
  if (event.defaultPrevented || event.repeat || event.isComposing) return;
  const key = keyOf(event);
  const target = event.target instanceof Element ? event.target : document.body;
  if (!key || document.querySelector("dialog[open]")) return;
  if (isTyping(target)) {
    whileTyping(event, key);
    return;
  }
  if (!areKeysOn || isItsOwn(target, key)) return;
  const action = byKey.get(key) ?? byKey.get(latinKeyOf(event));
  if (!action) return;
  if (action.kind === "hold") {
    const end = hold(action.name);
    if (!end) return;
    held.get(event.code)?.();
    held.set(event.code, end);
  } else if (!run(action.name)) {
    explain(action.name);
    return;
  }
  event.preventDefault();
}

function letGo({ code }) {
  held.get(code)?.();
  held.delete(code);
}

function letAllGo() {
  for (const code of [...held.keys()]) letGo({ code });
}

function keyMark(key) {
  const mark = document.createElement("kbd");
  mark.className = "key-hint";
  mark.setAttribute("aria-hidden", "true");
  mark.textContent = shown(key);
  return mark;
}

// Where the key of a control stands: in its button, or beside its label.
function placeOf(control) {
  if (control.matches("details")) return control.querySelector("summary");
  if (control.matches("textarea, input, select")) return control.labels?.[0];
  if (control.matches("button, a, label")) return control;
  return control.querySelector("label");
}

function showKeys(root) {
  if (!areKeysOn) return;
  for (const control of root.querySelectorAll("[data-action]")) {
    const key = actions.find(({ name }) => name === control.dataset.action)?.key;
    const place = placeOf(control);
    if (!key || !place || place.querySelector(".key-hint")) continue;
    place.append(keyMark(key));
    const speaking = control.matches("details") ? place : control.control ?? control;
    if (speaking.matches(":is(input, select, textarea, button, a, summary)")) {
      speaking.setAttribute("aria-keyshortcuts", spoken(key));
    }
  }
}

function row({ name, words, key, kind }) {
  const line = document.createElement("div");
  const term = document.createElement("dt");
  const meaning = document.createElement("dd");
  if (key) {
    const mark = document.createElement("kbd");
    mark.textContent = shown(key);
    term.append(mark);
  } else term.textContent = gettext("no key");
  meaning.textContent = kind === "hold" ? interpolate(gettext("%s (held)"), [words]) : words;
  line.classList.toggle("is-elsewhere", !isAvailable(name));
  line.append(term, meaning);
  return line;
}

function section({ name, words }) {
  const part = document.createElement("section");
  const heading = document.createElement("h3");
  const list = document.createElement("dl");
  heading.textContent = words;
  list.append(...actions.filter(({ group }) => group === name).map(row));
  part.append(heading, list);
  return part;
}

function showSheet(sheet) {
  sheet.querySelector("[data-keys-off]").hidden = areKeysOn;
  sheet.querySelector("[data-sheet-groups]").replaceChildren(...groups.map(section));
  letAllGo();
  sheet.showModal();
}

function start() {
  const sheet = document.getElementById("key-sheet");
  if (!sheet) return;
  register("help", { run: () => showSheet(sheet) });
  startPalette(document.getElementById("palette"));
  document.addEventListener("keydown", press);
  document.addEventListener("keyup", letGo);
  document.addEventListener("visibilitychange", letAllGo);
  window.addEventListener("blur", letAllGo);
  document.addEventListener("pw:shown", (event) => {
    letAllGo();
    showKeys(event.detail?.root ?? document);
  });
  document.addEventListener("pw:part", (event) => showKeys(event.detail.root));
  for (const button of document.querySelectorAll("header [data-action=palette], header [data-action=help]")) {
    button.hidden = false;
    button.addEventListener("click", () => run(button.dataset.action));
  }
  showKeys(document);
}

start();
