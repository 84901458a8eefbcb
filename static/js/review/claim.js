// The claim on the case in front: renewed while the page is seen, counted down, given
// back on leaving; and who else looks. Has no effect on import.
import { announce } from "../announce.js";
import { describe, giveToken, panelOf } from "./casepage.js";
import { Failure, PROBLEM, post, token as csrf } from "./server.js";

const EVERY = 30_000;
const WARN_BELOW = 120;

function clock(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole >= WARN_BELOW) {
    const minutes = Math.round(whole / 60);
    return interpolate(ngettext("%s minute left", "%s minutes left", minutes), [minutes]);
  }
  return interpolate(gettext("%s left"), [`${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`]);
}

export class Claim {
  // `lost(words, next)` is told when the case is no longer theirs.
  constructor(lost) {
    this.lost = lost;
    this.isLeavingForUs = false;
    setInterval(() => this.beat(), EVERY);
    setInterval(() => this.count(), 1000);
    document.addEventListener("visibilitychange", () => this.beat());
    window.addEventListener("online", () => this.beat());
    window.addEventListener("pagehide", () => this.leave());
  }

  // Follows the case of the page as it is now; `seconds` is known from the server.
  follow(seconds) {
    this.case = describe(panelOf());
    this.warned = false;
    this.isLost = false;
    const { expiresAt } = this.case ?? {};
    this.until(seconds ?? (expiresAt ? (Date.parse(expiresAt) - Date.now()) / 1000 : 0));
  }

  until(seconds) {
    this.endsAt = performance.now() + seconds * 1000;
    this.count();
  }

  async beat() {
    const held = this.case;
    if (!held || document.visibilityState !== "visible" || this.isBusy) return;
    try {
      const fields = held.token ? { token: held.token } : {};
      const answer = await post(`${held.url}renew/`, fields);
      if (this.case !== held) return;
      this.showViewers(answer.viewers);
      if (answer.is_mine) this.until(answer.secondsUntil(answer.expires_at));
      else if (held.token && !this.isLost) await this.again(held);
    } catch (failure) {
      // Without an answer the clock runs on; the next beat may reach the server.
      if (!(failure instanceof Failure)) throw failure;
      if (failure.kind === PROBLEM.SIGNED_OUT) announce(failure.message);
    }
  }

  // Somebody else, another tab or the time has ended the claim: takes the case again if
  // it is free, and says so where it is not.
  async again(held = this.case) {
    try {
      const answer = await post(`${held.url}claim/`);
      if (this.case !== held) return false;
      giveToken(document, answer);
      this.follow(answer.secondsUntil(answer.expires_at));
      return true;
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
      if (this.case === held && failure.kind === PROBLEM.REFUSED) {
        this.isLost = true;
        this.lost(failure.message, failure.next);
      }
      return false;
    }
  }

  count() {
    const left = (this.endsAt - performance.now()) / 1000;
    const line = document.querySelector("[data-claim-expiry]");
    if (!line || !this.case?.token) return;
    line.dataset.moment ||= line.textContent;
    line.textContent = `${line.dataset.moment} (${left > 0 ? clock(left) : gettext("time is up")})`;
    if (left < WARN_BELOW && left > 0 && !this.warned) {
      this.warned = true;
      announce(interpolate(gettext("Your claim on this case: %s."), [clock(left)]));
    }
  }

  showViewers(names) {
    const line = document.querySelector("[data-viewers]");
    if (!line) return;
    const text = line.querySelector("[data-viewers-text]");
    const words = names.length === 1
      ? interpolate(gettext("%s is looking at this case, too."), [names[0]])
      : interpolate(gettext("%(count)s others are looking at this case: %(names)s."),
        { count: names.length, names: names.join(", ") }, true);
    line.hidden = names.length === 0;
    if (names.length && text.textContent !== words) {
      text.textContent = words;
      announce(words);
    }
  }

  // Gives a case back that nobody looks at any more; the answer interests nobody.
  leave() {
    if (this.isLeavingForUs || !this.case?.token) return;
    sessionStorage.setItem("pw-left", this.case.id);
    const fields = new FormData();
    fields.append("csrfmiddlewaretoken", csrf());
    fields.append("token", this.case.token);
    navigator.sendBeacon(`${this.case.url}release/`, fields);
  }

  async release(held) {
    try {
      await post(`${held.url}release/`, { token: held.token });
    } catch (failure) {
      if (!(failure instanceof Failure)) throw failure;
    }
  }
}
