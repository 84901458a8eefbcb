// The case that a page shows: where it is, who holds it, its parts; and how another
// takes its place. Has no effect on import.
import { announce } from "../announce.js";

export function panelOf(root = document) {
  return root.querySelector("[data-case]");
}

export function describe(panel) {
  if (!panel) return null;
  const { case: id, caseUrl: url, token = "", expiresAt = "" } = panel.dataset;
  return { id, url, token, expiresAt };
}

function withToken(form, token) {
  let field = form.querySelector("input[name=token]");
  if (!field) {
    field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "token" });
    form.append(field);
  }
  field.value = token;
}

// Writes a claim into a page that was made before there was one.
export function giveToken(root, { token, expires_at: expiresAt }) {
  const panel = panelOf(root);
  if (!panel) return;
  Object.assign(panel.dataset, { token, expiresAt });
  for (const form of panel.querySelectorAll("form[method=post]")) {
    if (/\/(decide|skip|hold|escalate|release)\/$/.test(form.getAttribute("action"))) withToken(form, token);
  }
}

// Exchanges the content of the page. The frame around it stays, with what it holds.
export function show(page, { url, said = "" }) {
  const main = document.adoptNode(page.querySelector("main"));
  document.querySelector("main").replaceWith(main);
  document.title = page.title;
  if (url && url !== location.pathname) history.pushState({ shown: url }, "", url);
  window.scrollTo(0, 0);
  (main.querySelector("[data-focus]") ?? main).focus({ preventScroll: true });
  document.dispatchEvent(new CustomEvent("pw:shown", { detail: { root: main } }));
  announce([said, page.title.replace(/ · [^·]*$/, "")].filter(Boolean).join(" "));
}

// What was made before the claim is brought up to date around what somebody does.
export function refreshParts(page) {
  for (const part of document.querySelectorAll("[data-part]")) {
    const fresh = page.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!fresh || part.contains(document.activeElement)) continue;
    part.replaceWith(document.adoptNode(fresh));
    document.dispatchEvent(new CustomEvent("pw:part", { detail: { root: fresh } }));
  }
}

export function analysisOf(root) {
  return root.querySelector("form[data-decision] [name=analysis]")?.value ?? "";
}

// What somebody entered into the form of the decision, to be put back if need be.
export function entered(form) {
  return form ? [...new FormData(form)].filter(([name]) => /^(outcome|reason_|note)/.test(name)) : [];
}

export function enter(form, fields) {
  for (const [name, value] of form ? fields : []) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (field.type !== "radio") field.value = value;
      else if (field.value === value) field.checked = true;
    }
  }
}

export function isUntouched(form) {
  return !form || [...form.elements].every((field) =>
    field.type === "radio"
      ? field.checked === field.defaultChecked
      : !("defaultValue" in field) || field.type === "hidden" || field.value === field.defaultValue);
}
