// The loupe and the ruler: both take pointer and arrow keys while they are on.
import { clamp } from "./geometry.js";

const KEY_STEP = 12; // screen pixels
const MANY = 5;

export class Tools {
  // `viewer` has camera, size (of the original), state and draw().
  constructor(viewer) {
    this.viewer = viewer;
    this.isMeasuring = false;
    this.pointer = null;
  }

  get isActive() {
    return this.viewer.state.ruler.on || this.viewer.state.loupe.on;
  }

  pixels(view, event) {
    const { width, height } = this.viewer.size;
    const { x, y } = view.at(event.clientX, event.clientY, this.viewer.camera.state);
    return [clamp(x, 0, 1) * width, clamp(y, 0, 1) * height];
  }

  press(view, event) {
    const { ruler, loupe } = this.viewer.state;
    if (ruler.on) {
      const start = this.pixels(view, event);
      Object.assign(ruler, { line: [start, start], cursor: null });
      this.isMeasuring = true;
    } else if (loupe.on && event.pointerType !== "mouse") {
      this.moveLoupe(view, event);
    } else return false;
    this.viewer.draw();
    return true;
  }

  // Returns whether the pointer is the tool's, so that the pictures stay.
  move(view, event) {
    const { ruler, loupe } = this.viewer.state;
    this.pointer = { view, clientX: event.clientX, clientY: event.clientY };
    this.viewer.readSoon();
    if (this.isMeasuring) {
      ruler.line = [ruler.line[0], this.pixels(view, event)];
      this.viewer.draw();
      return true;
    }
    if (!loupe.on) return ruler.on;
    if (event.pointerType === "mouse" && event.buttons) return false;
    this.moveLoupe(view, event);
    this.viewer.draw();
    return true;
  }

  moveLoupe(view, event) {
    const [x, y] = this.pixels(view, event);
    const { width, height } = this.viewer.size;
    Object.assign(this.viewer.state.loupe, {
      x: x / width, y: y / height, lift: event.pointerType === "touch",
    });
  }

  release() {
    if (this.isMeasuring) this.viewer.measured();
    this.isMeasuring = false;
    this.viewer.state.loupe.lift = false;
    if (this.viewer.state.loupe.on) this.viewer.draw();
  }

  cancel() {
    this.isMeasuring = false;
  }

  leave() {
    this.pointer = null;
    this.viewer.readSoon();
  }

  // Returns whether the key was the tool's.
  key(event, way) {
    const { ruler, loupe } = this.viewer.state;
    if (event.key === "Escape" && this.isActive) {
      if (ruler.on) this.viewer.toggleRuler();
      else this.viewer.toggleLoupe();
      return true;
    }
    if (ruler.on) return this.keyForRuler(event, way);
    if (!loupe.on || !way) return false;
    const [x, y] = this.step([loupe.x, loupe.y], way, event.shiftKey, [1, 1]);
    Object.assign(loupe, { x, y });
    this.show([x, y]);
    return true;
  }

  keyForRuler(event, way) {
    const { ruler } = this.viewer.state;
    const { width, height } = this.viewer.size;
    const { x, y } = this.viewer.camera.state;
    const at = ruler.cursor ?? ruler.line?.[1] ?? [x * width, y * height];
    if (event.key === "Enter" || event.key === " ") {
      if (this.isMeasuring) this.release();
      else {
        Object.assign(ruler, { cursor: at, line: [at, at] });
        this.isMeasuring = true;
      }
    } else if (way) {
      ruler.cursor = this.step(at, way, event.shiftKey, [width, height]);
      if (this.isMeasuring) ruler.line = [ruler.line[0], ruler.cursor];
      this.show([ruler.cursor[0] / width, ruler.cursor[1] / height]);
      return true;
    } else return false;
    this.viewer.draw();
    return true;
  }

  // Moves a place by some screen pixels in the direction that was pressed; `range` is
  // what the whole picture is in the place's unit.
  step([x, y], [right, down], isFar, [width, height]) {
    const { camera, size } = this.viewer;
    const { rotation } = camera.state;
    const [cosine, sine] = { 0: [1, 0], 90: [0, 1], 180: [-1, 0], 270: [0, -1] }[rotation];
    const far = ((isFar ? MANY : 1) * KEY_STEP) / camera.pixelSize;
    const [dx, dy] = [right * cosine + down * sine, down * cosine - right * sine];
    return [
      clamp(x + (dx * far * width) / size.width, 0, width),
      clamp(y + (dy * far * height) / size.height, 0, height),
    ];
  }

  // Draws, and brings a place that left the view back into it.
  show([x, y]) {
    const { camera } = this.viewer;
    const { width, height } = camera.view.box;
    const place = camera.view.toScreen({ x, y }, camera.state);
    const isIn = place.x >= 0 && place.x <= width && place.y >= 0 && place.y <= height;
    if (isIn) this.viewer.draw();
    else camera.set({ x, y });
  }
}
