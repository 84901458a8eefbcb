// The one zoom, pan and rotation of all views.
import { clamp, fit, inside, toPicture } from "./geometry.js";

export const WHOLE = { scale: 1, x: 0.5, y: 0.5, rotation: 0 };
// Screen pixels for one of the original's, at most; small pictures may go further.
const LARGEST_PIXEL = 16;
const LEAST_MOST = 32;

export class Camera {
  constructor(view, changed) {
    Object.assign(this, { view, changed, state: WHOLE });
  }

  get isWhole() {
    return this.state.scale === 1;
  }

  get most() {
    const one = fit(this.view.box, this.view.picture, this.state.rotation);
    return Math.max(LEAST_MOST, LARGEST_PIXEL / one);
  }

  // Screen pixels for one pixel of the original.
  get pixelSize() {
    return fit(this.view.box, this.view.picture, this.state.rotation) * this.state.scale;
  }

  set(change) {
    const wanted = { ...this.state, ...change };
    this.state = inside(wanted, this.view.box, this.view.picture, this.most);
    this.changed();
  }

  reset() {
    this.set({ ...WHOLE, rotation: this.state.rotation });
  }

  rotate() {
    this.set({ rotation: (this.state.rotation + 90) % 360 });
  }

  zoomBy(factor) {
    this.set({ scale: this.state.scale * factor });
  }

  // Magnifies so that what is under the pointer stays there.
  magnify(view, clientX, clientY, factor) {
    const scale = clamp(this.state.scale * factor, 1, this.most);
    const held = view.at(clientX, clientY, this.state);
    const share = this.state.scale / scale;
    this.set({
      scale,
      x: held.x - (held.x - this.state.x) * share,
      y: held.y - (held.y - this.state.y) * share,
    });
  }

  pan(view, dx, dy) {
    const { width, height } = view.box;
    const middle = { x: width / 2 - dx, y: height / 2 - dy };
    this.set(toPicture(middle, view.box, view.picture, this.state));
  }
}
