// Says beside the form what did not work, and what to do now. Nothing that was entered
// is touched. Has no effect on import.
import { announce } from "../announce.js";

function button(text, css, react) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className: `button small ${css}`, textContent: text });
  made.addEventListener("click", react);
  return made;
}

function nextLink({ url }) {
  const link = document.createElement("a");
  Object.assign(link, { className: "button small", href: url, textContent: gettext("Go to the next case") });
  return link;
}

function notice(title, text, ...ways) {
  const box = document.createElement("div");
  box.className = "notice bad problem";
  box.setAttribute("role", "alert");
  box.tabIndex = -1;
  box.dataset.problem = "";
  const strong = document.createElement("strong");
  strong.textContent = title;
  const words = document.createElement("div");
  words.append(strong, ` ${text}`);
  const row = document.createElement("div");
  row.className = "button-row";
  row.append(...ways.filter(Boolean));
  words.append(row);
  box.append(words);
  return box;
}

export function clearProblem() {
  for (const box of document.querySelectorAll("[data-problem]")) box.remove();
  for (const field of document.querySelectorAll("[data-decision] [aria-invalid]")) field.removeAttribute("aria-invalid");
}

// After something that somebody did: the words take the focus, or the field that lacks
// something does.
export function showProblem(form, { message, errors, next }, { retry, again }) {
  clearProblem();
  const ways = [
    retry && button(gettext("Try again"), "primary", retry),
    again && button(gettext("Claim the case again"), "primary", again),
    next && nextLink(next),
  ];
  const box = notice(gettext("Not recorded."), message, ...ways);
  form.prepend(box);
  for (const name of Object.keys(errors)) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) field.setAttribute("aria-invalid", "true");
  }
  const lacking = form.querySelector("textarea[aria-invalid], input:not([type=radio])[aria-invalid]");
  (lacking ?? box).focus();
  announce(message);
}

// While somebody may be typing: the words are there, and spoken; the focus stays.
export function showLost(panel, { words, next, again }) {
  if (!panel) return;
  clearProblem();
  const box = notice(
    gettext("This case is no longer yours."), words,
    button(gettext("Claim the case again"), "", again), next && nextLink(next),
  );
  panel.querySelector("h2").after(box);
}
