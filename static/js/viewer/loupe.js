// A round magnifier over a view: the same picture, larger, around one place.
import { View } from "./view.js";

const ABOVE_FINGER = 28;

export class Loupe {
  constructor(engine, view) {
    this.view = view;
    this.element = document.createElement("div");
    this.element.className = `stage-loupe is-${view.role}`;
    this.element.setAttribute("aria-hidden", "true");
    this.glass = document.createElement("div");
    this.glass.className = "stage-glass";
    this.element.append(this.glass);
    view.host.append(this.element);
    this.lens = new View(engine, this.glass, view.role);
  }

  // Shows what its view shows.
  async follow() {
    const { levels, address, picture, tiles } = this.view;
    if (!levels || (this.lens.address === address && this.lens.picture === picture)) {
      if (tiles) this.lens.addTiles(tiles);
      return;
    }
    await this.lens.open(address, levels, picture);
    if (tiles) this.lens.addTiles(tiles);
  }

  // `split` is the swipe handle's place in screen pixels, or null; `lift` is set while
  // a finger would cover the glass.
  draw(state, { x, y, zoom, lift }, split) {
    const middle = this.view.toScreen({ x, y }, state);
    const size = this.element.offsetWidth || 1;
    const up = lift ? size / 2 + ABOVE_FINGER : 0;
    this.element.style.left = `${middle.x}px`;
    this.element.style.top = `${middle.y - up}px`;
    this.lens.draw({ ...state, x, y }, zoom, this.view.box);
    const edge = split === null ? 0 : size / 2 + (split - middle.x) * zoom;
    this.glass.style.clipPath = split === null ? "" : `inset(0 0 0 ${edge}px)`;
  }

  destroy() {
    this.lens.destroy();
    this.element.remove();
  }
}
