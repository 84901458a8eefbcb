// What was just recorded, with the button that takes it back while there is time. It
// stands outside of what is exchanged. Has no effect on import.
import { areKeysOn, actions } from "../actions.js";
import { shown, spoken } from "../keys.js";

export class Toast {
  // `undo(decision)` takes a decision back.
  constructor(undo) {
    this.undo = undo;
    this.decision = null;
  }

  build() {
    const box = document.createElement("div");
    box.className = "toast";
    box.setAttribute("role", "region");
    box.setAttribute("aria-label", gettext("Last decision"));
    box.hidden = true;
    this.words = document.createElement("span");
    this.button = document.createElement("button");
    Object.assign(this.button, { type: "button", className: "button small", textContent: gettext("Undo") });
    const key = areKeysOn && actions.find(({ name }) => name === "undo")?.key;
    if (key) {
      const mark = document.createElement("kbd");
      mark.className = "key-hint";
      mark.textContent = shown(key);
      mark.setAttribute("aria-hidden", "true");
      this.button.append(mark);
      this.button.setAttribute("aria-keyshortcuts", spoken(key));
    }
    this.button.addEventListener("click", () => this.take());
    this.clock = document.createElement("span");
    this.clock.className = "toast-clock";
    this.clock.setAttribute("aria-hidden", "true");
    box.append(this.words, this.button, this.clock);
    document.body.append(box);
    return box;
  }

  get canUndo() {
    return this.decision !== null && !this.isBusy;
  }

  show(words, decision, seconds) {
    this.box ??= this.build();
    this.box.classList.remove("is-long");
    this.decision = decision;
    this.endsAt = performance.now() + seconds * 1000;
    this.words.textContent = words;
    this.button.hidden = this.clock.hidden = false;
    this.box.hidden = false;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.count(), 250);
    this.count();
  }

  count() {
    const left = Math.ceil((this.endsAt - performance.now()) / 1000);
    this.clock.textContent = interpolate(gettext("%s s"), [Math.max(0, left)]);
    if (left <= 0 && !this.isBusy) this.hide();
  }

  hide() {
    clearInterval(this.timer);
    this.decision = null;
    if (this.box) this.box.hidden = true;
  }

  // What somebody should read at their own pace: it stays until the next decision.
  tell(words, link) {
    this.say(words);
    clearTimeout(this.timer);
    const again = document.createElement("a");
    Object.assign(again, { href: link, textContent: gettext("Look at it again") });
    this.words.append(" ", again);
    this.box.classList.add("is-long");
  }

  // Says what went wrong where the button was; it goes away by itself.
  say(words) {
    this.box?.classList.remove("is-long");
    this.box ??= this.build();
    clearInterval(this.timer);
    this.decision = null;
    this.words.textContent = words;
    this.button.hidden = this.clock.hidden = true;
    this.box.hidden = false;
    this.timer = setTimeout(() => this.hide(), 8000);
  }

  async take() {
    if (!this.canUndo) return;
    this.isBusy = true;
    try {
      await this.undo(this.decision);
    } finally {
      this.isBusy = false;
    }
  }
}
