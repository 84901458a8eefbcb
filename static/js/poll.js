// Follows an analysis under way and shows its result, never at the cost of typed text.
import { announce } from "./announce.js";
import { midsentence } from "./language.js";

const QUICK = 1000;
const SLOW = 4000;
const SLOW_AFTER = 60_000;

function somethingIsTyped() {
  return [...document.querySelectorAll("form[data-keep]")].some((form) =>
    [...form.elements].some((element) =>
      element.type === "radio"
        ? element.checked !== element.defaultChecked
        : "defaultValue" in element && element.value !== element.defaultValue,
    ),
  );
}

function finish(panel, status) {
  const result = status.verdict ? `${status.verdict_label}, ${status.score}` : status.error;
  const words = interpolate(gettext("Analysis %(state)s: %(result)s"), { state: midsentence(status.label), result }, true);
  if (somethingIsTyped()) {
    announce(words);
    panel.querySelector("[data-poll-text]").textContent = words;
    panel.querySelector("progress").hidden = true;
    panel.querySelector("[data-poll-hint]").hidden = true;
    panel.querySelector("[data-poll-done]").hidden = false;
    return;
  }
  sessionStorage.setItem("announce", words);
  location.reload();
}

function describe(status, answer) {
  const others = answer.waiting - 1;
  const { seconds, attempts } = status;
  if (!answer.worker_is_alive) return gettext("Waiting: no worker is running.");
  if (status.status === "running") {
    return attempts > 1
      ? interpolate(gettext("Running for %(seconds)s s, attempt %(attempts)s."), { seconds, attempts }, true)
      : interpolate(gettext("Running for %s s."), [seconds]);
  }
  if (others <= 0) return interpolate(gettext("Queued for %s s."), [seconds]);
  const format = ngettext(
    "Queued for %(seconds)s s; %(others)s more is under way.",
    "Queued for %(seconds)s s; %(others)s more are under way.",
    others,
  );
  return interpolate(format, { seconds, others }, true);
}

async function ask(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (response.redirected) throw new Error(gettext("You were signed out. Reload the page to sign in."));
  if (!response.ok) throw new Error(gettext("The server did not answer. Trying again."));
  return response.json();
}

function startPolling(panel) {
  const began = Date.now();
  const text = panel.querySelector("[data-poll-text]");
  let last = "";

  async function look() {
    if (!panel.isConnected) return; // another case has taken the page
    try {
      const answer = await ask(panel.dataset.poll);
      const status = answer.images[0];
      if (!status || !status.is_pending) return finish(panel, status ?? { label: gettext("gone"), error: "" });
      text.textContent = describe(status, answer);
      if (status.status !== last) announce(interpolate(gettext("The analysis is %s."), [midsentence(status.label)]));
      last = status.status;
    } catch (error) {
      text.textContent = error.message;
    }
    setTimeout(look, Date.now() - began > SLOW_AFTER ? SLOW : QUICK);
  }
  setTimeout(look, QUICK);
}

function startAll(root) {
  for (const panel of root.querySelectorAll("[data-poll]")) startPolling(panel);
}

document.addEventListener("pw:shown", (event) => startAll(event.detail.root));
startAll(document);
