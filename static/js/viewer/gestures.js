// Wheel, drag, pinch, double click and keys over the pictures. What a press does is
// asked of `tool` first: the ruler and the loupe take the pointer for themselves.
import { clamp } from "./geometry.js";

export const STEP = 1.5;
const MOVE = 0.15;
const KEYS = {
  "+": "in", "=": "in", "-": "out", _: "out", 0: "reset",
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
};
export const WAYS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };

export class Gestures {
  // `camera` moves the pictures, `tool` may be interested in presses, moves and keys.
  constructor(stage, views, camera, tool) {
    Object.assign(this, { stage, views, camera, tool });
    this.touches = new Map();
    this.stop = new AbortController();
    const { signal } = this.stop;
    const on = (target, name, react, more = {}) =>
      target.addEventListener(name, react, { signal, ...more });
    on(stage, "keydown", (event) => this.key(event));
    for (const view of views) {
      on(view.host, "wheel", (event) => this.wheel(view, event), { passive: false });
      on(view.host, "dblclick", (event) => {
        if (!tool.isActive) camera.magnify(view, event.clientX, event.clientY, 2);
      });
      on(view.host, "pointerdown", (event) => this.press(view, event));
      on(view.host, "pointermove", (event) => this.move(view, event));
      on(view.host, "pointerleave", () => this.tool.leave());
      for (const end of ["pointerup", "pointercancel"]) {
        on(view.host, end, (event) => this.release(view, event));
      }
    }
  }

  key(event) {
    if (event.target !== this.stage || event.ctrlKey || event.metaKey || event.altKey) return;
    const command = KEYS[event.key];
    if (this.tool.key(event, WAYS[command])) {
      event.preventDefault();
      return;
    }
    if (!command) return;
    if (command in WAYS && this.camera.isWhole) return; // scrolls the page
    event.preventDefault();
    this.run(command);
  }

  run(command) {
    if (command === "reset") this.camera.reset();
    else if (command === "in") this.camera.zoomBy(STEP);
    else if (command === "out") this.camera.zoomBy(1 / STEP);
    else {
      const [right, down] = WAYS[command];
      const { width, height } = this.views[0].box;
      this.camera.pan(this.views[0], -right * MOVE * width, -down * MOVE * height);
    }
  }

  // The page scrolls as ever until the pictures were clicked or Ctrl is held.
  wheel(view, event) {
    if (!event.ctrlKey && !this.stage.contains(document.activeElement)) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    const factor = Math.exp(-clamp(event.deltaY * lines, -300, 300) / 400);
    this.camera.magnify(view, event.clientX, event.clientY, factor);
  }

  press(view, event) {
    if (event.button !== 0) return;
    if (event.pointerType === "mouse") this.stage.focus({ preventScroll: true });
    this.touches.set(event.pointerId, event);
    const isAlone = this.touches.size === 1;
    if (isAlone && this.tool.press(view, event)) {
      view.host.setPointerCapture(event.pointerId);
      return;
    }
    if (!isAlone) this.tool.cancel();
    // A finger that lies on the whole picture scrolls the page.
    if (event.pointerType === "mouse" || !this.camera.isWhole || !isAlone) {
      view.host.setPointerCapture(event.pointerId);
    }
  }

  move(view, event) {
    const before = this.touches.get(event.pointerId);
    const isTools = this.tool.move(view, event);
    if (!before) return;
    const other = [...this.touches.values()].find((one) => one.pointerId !== event.pointerId);
    this.touches.set(event.pointerId, event);
    if (other) this.pinch(view, before, event, other);
    else if (!isTools) {
      this.camera.pan(view, event.clientX - before.clientX, event.clientY - before.clientY);
    }
  }

  pinch(view, before, event, other) {
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const middle = (one) => [(one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2];
    const [x, y] = middle(event);
    const [oldX, oldY] = middle(before);
    this.camera.pan(view, x - oldX, y - oldY);
    this.camera.magnify(view, x, y, apart(event) / Math.max(1, apart(before)));
  }

  release(view, event) {
    this.touches.delete(event.pointerId);
    this.tool.release(view, event);
  }

  destroy() {
    this.stop.abort();
  }
}
