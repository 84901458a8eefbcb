// The palette: type what you want to do or see; arrows choose, Enter goes there. Has no
// effect on import.
import { actions, isAvailable, register, run } from "./actions.js";
import { shown } from "./keys.js";

const WAIT = 120;
const MAX_SHOWN = 30;

function kindInWords(kind) {
  return { action: gettext("Action"), page: gettext("Page"), case: gettext("Case"), image: gettext("Image") }[kind];
}

// Words may come in any order, each from the start of a word.
function matches(text, query) {
  const words = text.toLowerCase().split(/[\s:/.,()-]+/);
  return query.toLowerCase().split(/\s+/).every((part) => words.some((word) => word.startsWith(part)));
}

class Palette {
  constructor(dialog) {
    this.dialog = dialog;
    this.input = dialog.querySelector("input");
    this.list = dialog.querySelector("[role=listbox]");
    this.status = dialog.querySelector("[data-palette-status]");
    this.pages = JSON.parse(document.getElementById("palette-pages").textContent);
    this.input.addEventListener("input", () => this.look());
    this.input.addEventListener("keydown", (event) => this.key(event));
    this.list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => this.take(event.target.closest("[role=option]")));
    // Somebody who clicks beside it is done with it.
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("close", () => this.forget());
  }

  open() {
    this.input.value = "";
    this.actions = actions
      .filter(({ name, kind }) => name !== "palette" && kind === "press" && isAvailable(name))
      .filter(({ name }) => !name.startsWith("reason-"));
    this.dialog.showModal();
    this.input.focus();
    this.look();
  }

  forget() {
    clearTimeout(this.timer);
    this.asked?.abort();
    this.list.replaceChildren();
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  look() {
    clearTimeout(this.timer);
    this.asked?.abort();
    const query = this.input.value.trim();
    const here = [
      ...this.actions.map(({ name, words, key }) => ({ kind: "action", words, detail: key && shown(key), name })),
      ...this.pages.map(({ words, url }) => ({ kind: "page", words, detail: "", url })),
    ].filter(({ words }) => !query || matches(words, query));
    this.show(here);
    if (query.length < 2) this.say(here.length, query);
    else {
      this.status.textContent = gettext("Looking…");
      this.timer = setTimeout(() => this.ask(query, here), WAIT);
    }
  }

  async ask(query, here) {
    this.asked = new AbortController();
    const { signal } = this.asked;
    try {
      const address = `${this.dialog.dataset.findUrl}?${new URLSearchParams({ q: query })}`;
      const answer = await fetch(address, { headers: { Accept: "application/json" }, signal });
      if (answer.redirected) throw new Error("signed out");
      if (!answer.ok) throw new Error(answer.statusText);
      const { found } = await answer.json();
      if (signal.aborted) return;
      // Somebody who pastes an id means what has it, not an action.
      const all = here.length && found.length ? [...here, ...found] : [...found, ...here];
      this.show(all);
      this.say(all.length, query);
    } catch {
      if (!signal.aborted) this.status.textContent = gettext("The server does not answer. Actions and pages still work.");
    }
  }

  say(count, query) {
    if (count) this.status.textContent = interpolate(ngettext("%s found", "%s found", count), [count]);
    else if (query.length < 2) this.status.textContent = gettext("Type at least two characters.");
    else this.status.textContent = gettext("Nothing is called so. Try the start of a file name, six or more digits of a SHA-256, an id, or an address.");
  }

  show(entries) {
    this.entries = entries.slice(0, MAX_SHOWN);
    this.list.replaceChildren(...this.entries.map((entry, number) => this.option(entry, number)));
    this.input.setAttribute("aria-expanded", String(this.entries.length > 0));
    this.choose(this.entries.length ? 0 : -1);
  }

  option({ kind, words, detail }, number) {
    const option = document.createElement("li");
    option.id = `palette-option-${number}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    for (const [name, text] of [["kind", kindInWords(kind)], ["words", words], ["detail", detail]]) {
      const part = document.createElement(name === "detail" && kind === "action" && text ? "kbd" : "span");
      part.className = `palette-${name}`;
      part.textContent = text ?? "";
      option.append(part, " ");
    }
    return option;
  }

  choose(number) {
    this.chosen = number;
    const options = [...this.list.children];
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === number)));
    const current = options[number];
    if (!current) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    this.input.setAttribute("aria-activedescendant", current.id);
    current.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    const last = this.entries.length - 1;
    const steps = { ArrowDown: this.chosen >= last ? 0 : this.chosen + 1, ArrowUp: this.chosen <= 0 ? last : this.chosen - 1 };
    if (event.key in steps) this.choose(steps[event.key]);
    else if (event.key === "Enter" && !event.isComposing) this.take(this.list.children[this.chosen]);
    else return;
    event.preventDefault();
  }

  take(option) {
    const entry = this.entries[[...this.list.children].indexOf(option)];
    if (!entry) return;
    this.dialog.close();
    if (entry.url) location.assign(entry.url);
    else run(entry.name);
  }
}

export function startPalette(dialog) {
  const palette = new Palette(dialog);
  register("palette", { run: () => palette.open() });
}
