// Lets people press a key instead of writing it, and gives single keys back.
import { keyOf } from "./keys.js";

const form = document.querySelector("[data-keys-form]");

function catchKey(event) {
  const field = event.target;
  if (!field.matches("[data-default]")) return;
  const key = keyOf(event);
  // These move through the page and mend what was typed, as in every field.
  if (!key || event.repeat || ["Tab", "Shift+Tab", "Escape", "Backspace", "Delete"].includes(key)) return;
  event.preventDefault();
  field.value = key;
  tell();
}

// Says at once which two actions share a key; the server says so again.
function tell() {
  const fields = [...form.querySelectorAll("[data-default]")];
  const seen = new Map();
  for (const field of fields) {
    const key = field.value.trim();
    const other = key && seen.get(key);
    field.setCustomValidity(other ? interpolate(gettext("“%(key)s” is already the key of “%(other)s”."), { key, other }, true) : "");
    field.toggleAttribute("aria-invalid", false);
    if (other) field.setAttribute("aria-invalid", "true");
    else if (key) seen.set(key, field.labels[0].firstChild.textContent.trim());
    field.nextElementSibling.hidden = field.value === field.dataset.default;
  }
}

function resetButton(field) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small quiet";
  button.textContent = gettext("Reset");
  const words = document.createElement("span");
  words.className = "visually-hidden";
  words.textContent = ` ${field.labels[0].firstChild.textContent.trim()}`;
  button.append(words);
  button.addEventListener("click", () => {
    field.value = field.dataset.default;
    field.focus();
    tell();
  });
  return button;
}

for (const field of form.querySelectorAll("[data-default]")) field.after(resetButton(field));
form.addEventListener("keydown", catchKey);
form.addEventListener("input", tell);
form.querySelector("[name=reset]").formNoValidate = true;
tell();
