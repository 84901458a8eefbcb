// Suggests a break after so many minutes of active reviewing: when the next picture
// comes, above it, never over it, and only if the person asked to be told. The count
// stays in this browser.
import { announce } from "./announce.js";

const KEY = "reviewing";
const ATTENTION = 60_000; // so long after the last movement one still looks
const REST = 300_000; // so long without a movement was a break
let touched = Date.now();

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? { active: 0, at: 0 };
  } catch {
    return { active: 0, at: 0 };
  }
}

function write(state) {
  try {
    localStorage.setItem(KEY, JSON.stringify(state));
  } catch {
    // Storage may be forbidden: then nobody is reminded.
  }
}

function isReviewing() {
  return Boolean(document.querySelector("[data-stage]")) && !document.hidden;
}

function count() {
  const now = Date.now();
  const state = read();
  if (now - state.at > REST) state.active = 0;
  // Two windows count once: only what has passed since the last one wrote.
  if (isReviewing() && now - touched < ATTENTION) {
    state.active += Math.min(now - state.at, ATTENTION);
    state.at = now;
    write(state);
  }
  return state;
}

function suggest(template) {
  const state = count();
  const main = document.querySelector("main");
  if (state.active < Number(template.dataset.minutes) * 60_000 || main.querySelector(".break-reminder")) return;
  const notice = template.content.cloneNode(true).firstElementChild;
  notice.querySelector("[data-break-dismiss]").addEventListener("click", () => {
    notice.remove();
    main.focus({ preventScroll: true });
  });
  main.prepend(notice);
  announce(notice.querySelector("p").textContent);
  write({ active: 0, at: Date.now() });
}

const template = document.querySelector("[data-break-reminder]");
if (template) {
  for (const name of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(name, () => { touched = Date.now(); }, { passive: true });
  }
  setInterval(count, 10_000);
  document.addEventListener("pw:shown", () => suggest(template));
  if (isReviewing()) suggest(template);
}
