// The handle between original and evidence: a slider that is dragged or moved by keys.
import { clamp } from "./geometry.js";

const SNAPS = [0, 50, 100];
const SNAP_PX = 15;
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10 };
const MANY = 10;

export function snapped(percent, width) {
  const near = SNAPS.find((one) => (Math.abs(one - percent) / 100) * width <= SNAP_PX);
  return near ?? percent;
}

export class SwipeHandle {
  constructor(host, changed) {
    Object.assign(this, { host, changed, value: null });
    this.element = document.createElement("div");
    Object.assign(this.element, { className: "stage-handle", tabIndex: 0 });
    const knob = document.createElement("span");
    knob.className = "stage-knob";
    this.element.append(knob);
    const facts = {
      role: "slider", "aria-valuemin": 0, "aria-valuemax": 100,
      "aria-orientation": "horizontal",
      "aria-label": gettext("Border between the original and the evidence"),
    };
    for (const name in facts) this.element.setAttribute(name, facts[name]);
    host.append(this.element);
    this.element.addEventListener("pointerdown", (event) => this.press(event));
    this.element.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      this.element.addEventListener(end, () => { this.held = null; });
    }
    this.element.addEventListener("keydown", (event) => this.key(event));
  }

  press(event) {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    this.element.focus({ preventScroll: true });
    // The knob stays under the pointer where it was taken.
    const edge = this.element.getBoundingClientRect();
    this.held = event.clientX - (edge.left + edge.width / 2);
    event.preventDefault();
    event.stopPropagation();
  }

  drag(event) {
    if (typeof this.held !== "number") return;
    const edge = this.host.getBoundingClientRect();
    const share = (event.clientX - this.held - edge.left) / edge.width;
    this.set(snapped(clamp(100 * share, 0, 100), edge.width));
    event.stopPropagation();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = KEYS[event.key];
    if (event.key === "Home") this.set(0);
    else if (event.key === "End") this.set(100);
    else if (step) this.set(Math.round(this.value) + step * (event.shiftKey ? MANY : 1));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  set(value) {
    this.value = clamp(value, 0, 100);
    const percent = Math.round(this.value);
    this.element.style.left = `${this.value}%`;
    this.element.setAttribute("aria-valuenow", percent);
    this.element.setAttribute("aria-valuetext", interpolate(
      gettext("%(left)s percent original, %(right)s percent evidence"),
      { left: percent, right: 100 - percent }, true,
    ));
    this.changed(this.value);
  }
}
