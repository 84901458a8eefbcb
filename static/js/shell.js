// What every page has: the theme button, the menu, focus on errors, words carried over a reload.
import { announce } from "./announce.js";

const THEMES = ["system", "light", "dark"];
const root = document.documentElement;

function wordOf(theme) {
  return { system: gettext("system"), light: gettext("light"), dark: gettext("dark") }[theme];
}

function inWords(theme) {
  return interpolate(gettext("Theme: %s"), [wordOf(theme)]);
}

function show(button, theme) {
  for (const icon of button.querySelectorAll("[data-theme-icon]")) {
    icon.hidden = icon.dataset.themeIcon !== theme;
  }
  button.querySelector("[data-theme-name]").textContent = wordOf(theme);
  button.title = inWords(theme);
}

function apply(theme) {
  if (theme === "system") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    // Storage may be forbidden: the choice then lasts for this page.
  }
}

function startTheme() {
  const button = document.querySelector("[data-theme-toggle]");
  if (!button) return;
  show(button, root.dataset.theme ?? "system");
  button.hidden = false;
  button.addEventListener("click", () => {
    const now = root.dataset.theme ?? "system";
    const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length];
    apply(next);
    show(button, next);
    announce(inWords(next));
  });
}

function tellWhatHappened() {
  const text = sessionStorage.getItem("announce");
  if (!text) return;
  sessionStorage.removeItem("announce");
  // A live region speaks only what changes after it is there.
  setTimeout(() => announce(text), 300);
}

function startMenu() {
  const button = document.querySelector("[data-menu-toggle]");
  if (!button) return;
  const open = (isOpen) => button.setAttribute("aria-expanded", isOpen);
  button.addEventListener("click", () => open(button.getAttribute("aria-expanded") === "false"));
  button.closest("header").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button.getAttribute("aria-expanded") === "false") return;
    open(false);
    button.focus();
  });
}

startTheme();
startMenu();
tellWhatHappened();
document.querySelector("[data-focus]")?.focus();
