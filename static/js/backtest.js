// Follows a back-test under way and shows its result when it is over.
import { written } from "./language.js";

const QUICK = 1000;
const SLOW = 4000;
const SLOW_AFTER = 60_000;

async function ask(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  if (response.redirected) throw new Error(gettext("You were signed out. Reload the page to sign in."));
  if (!response.ok) throw new Error(gettext("The server did not answer. Trying again."));
  return response.json();
}

function follow(panel) {
  const began = Date.now();
  const text = panel.querySelector("[data-backtest-text]");
  const bar = panel.querySelector("progress");

  async function look() {
    try {
      const status = await ask(panel.dataset.backtest);
      if (!status.is_pending) {
        sessionStorage.setItem("announce", interpolate(gettext("The back-test is over: %s."), [status.label]));
        location.reload();
        return;
      }
      bar.max = Math.max(1, status.total);
      bar.value = status.done;
      text.textContent = interpolate(
        gettext("%(done)s of %(total)s analyses looked at."),
        { done: written(status.done), total: written(status.total) },
        true,
      );
    } catch (error) {
      text.textContent = error.message;
    }
    setTimeout(look, Date.now() - began > SLOW_AFTER ? SLOW : QUICK);
  }
  setTimeout(look, QUICK);
}

for (const panel of document.querySelectorAll("[data-backtest]")) follow(panel);
