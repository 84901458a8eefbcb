// How keys are written: as the server stores them, as people read them. Pure.
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock"]);
const NO_KEY = new Set(["Dead", "Process", "Unidentified", "Compose"]);
const SIGNS = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Enter: "↵" };
const isMac = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);

function isLetter(text) {
  return text.toLowerCase() !== text.toUpperCase();
}

function base(key) {
  if (key === " ") return "Space";
  return [...key].length === 1 ? key.toLowerCase() : key;
}

// The key of an event, such as "f", "?", "Ctrl+k", "Shift+ArrowUp"; nothing for what is
// not a whole key, and with Alt, which writes characters or belongs to the browser.
export function keyOf(event) {
  const { key } = event;
  if (!key || event.isComposing || MODIFIERS.has(key) || NO_KEY.has(key)) return null;
  const isWritten = event.getModifierState?.("AltGraph");
  if (event.altKey && !isWritten) return null;
  const name = base(key);
  const isCharacter = [...name].length === 1;
  const hasShift = event.shiftKey && (!isCharacter || isLetter(name));
  const hasCtrl = (event.ctrlKey || event.metaKey) && !isWritten;
  return `${hasCtrl ? "Ctrl+" : ""}${hasShift ? "Shift+" : ""}${name}`;
}

// On a keyboard of another script, what the same key writes on a Latin one.
export function latinKeyOf(event) {
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase();
  if (!letter || /^[a-z]$/i.test(event.key)) return null;
  const { ctrlKey, metaKey, altKey, shiftKey } = event;
  return keyOf({ key: letter, ctrlKey, metaKey, altKey, shiftKey });
}

export function partsOf(key) {
  const found = /^((?:Ctrl\+)?)((?:Shift\+)?)(.+)$/.exec(key);
  return found ? [found[1].slice(0, -1), found[2].slice(0, -1), found[3]].filter(Boolean) : [];
}

function wordOf(part) {
  if (part === "Ctrl") return isMac ? "⌘" : gettext("Ctrl");
  if (part === "Shift") return "⇧";
  if (part === "Space") return gettext("Space");
  return SIGNS[part] ?? (part.length === 1 ? part.toUpperCase() : part);
}

// For eyes: "Ctrl K", "⇧ L", "↵".
export function shown(key) {
  return partsOf(key).map(wordOf).join(" ");
}

// For aria-keyshortcuts.
export function spoken(key) {
  return partsOf(key).map((part) => (part === "Ctrl" ? (isMac ? "Meta" : "Control") : part)).join("+");
}
