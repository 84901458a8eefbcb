// Loads the next case while somebody looks at this one: its page and its pictures,
// decoded. Has no effect on import.
import { getJson, getPage } from "./server.js";

// The original and the evidence that a viewer shows first; few need more at once.
const MAX_PICTURES = 4;

export class Ahead {
  constructor() {
    this.forget();
  }

  forget() {
    this.turn = (this.turn ?? 0) + 1;
    this.next = null;
    this.page = null;
    this.pictures = [];
  }

  // Failing costs nothing but time: the case is then loaded when it is its turn.
  async load(nextUrl, after) {
    this.forget();
    const { turn } = this;
    try {
      const { next } = await getJson(`${nextUrl}?${new URLSearchParams({ after })}`);
      if (!next || turn !== this.turn) return;
      const first = next.picture ? this.decode(next.picture) : null;
      const page = await getPage(`${next.url}?ahead=1`);
      const addresses = picturesOf(page).filter((address) => address !== next.picture);
      const pictures = await Promise.all([first, ...addresses.slice(0, MAX_PICTURES - 1).map((one) => this.decode(one))]);
      if (turn !== this.turn || !page.querySelector("[data-case]")) return;
      Object.assign(this, { next, page, pictures });
      document.dispatchEvent(new CustomEvent("pw:ahead", { detail: { id: next.id, pictures: pictures.filter(Boolean).map(({ src }) => src) } }));
    } catch {
      // It is loaded when it is wanted.
    }
  }

  async decode(address) {
    const picture = new Image();
    picture.src = address;
    try {
      await picture.decode();
    } catch {
      // The page itself will say what is wrong with it.
    }
    return picture;
  }

  // The page of this case, if it was loaded; it can be had once. Its pictures are kept
  // until the next ones are there, so that the browser still has them decoded.
  take(id) {
    if (this.next?.id !== id) return null;
    const { page } = this;
    this.page = null;
    return page;
  }
}

function picturesOf(page) {
  const found = [...page.querySelectorAll("[data-stage] img[src]")];
  return [...new Set(found.map((one) => one.getAttribute("src")))];
}
