// One zoom for several pictures of the same thing. The state is a magnification and
// the point in the middle, in 0..1 of the picture, so that pictures of other sizes
// show the same place.
const MOST = 32;
const STEP = 1.5;
const MOVE = 0.15;
const KEYS = {
  "+": "in", "=": "in", "-": "out", "_": "out", 0: "reset",
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
};
const WAYS = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] };
const START = { scale: 1, x: 0.5, y: 0.5 };

function clamp(value, least, most) {
  return Math.min(most, Math.max(least, value));
}

// Keeps the picture's border from leaving the border of the view.
function inside(state) {
  const scale = clamp(state.scale, 1, MOST);
  const margin = 0.5 / scale;
  return {
    scale,
    x: clamp(state.x, margin, 1 - margin),
    y: clamp(state.y, margin, 1 - margin),
  };
}

// The size of the picture when all of it shows, whatever its shape.
function fitted(view, image) {
  const shape = Number(image.getAttribute("width")) / Number(image.getAttribute("height"));
  const width = Math.min(view.clientWidth, view.clientHeight * shape);
  return { width, height: width / shape };
}

function place(view, image, { scale, x, y }) {
  const { width, height } = fitted(view, image);
  const left = view.clientWidth / 2 - x * width * scale;
  const top = view.clientHeight / 2 - y * height * scale;
  Object.assign(image.style, {
    width: `${width}px`,
    height: `${height}px`,
    transform: `translate(${left}px, ${top}px) scale(${scale})`,
  });
  // Enlarged well beyond its own pixels, it shows them as they are.
  const isPixels = width * scale > 2 * Number(image.getAttribute("width"));
  image.classList.toggle("is-pixels", isPixels);
}

export class SharedZoom {
  constructor(canvas, views, changed) {
    this.views = views;
    this.changed = changed;
    this.state = START;
    this.touches = new Map();
    this.listen(canvas);
    new ResizeObserver(() => this.draw()).observe(views[0]);
    this.draw();
  }

  draw() {
    for (const view of this.views) {
      place(view, view.querySelector("img"), this.state);
      view.classList.toggle("is-zoomed", this.state.scale > 1);
    }
    this.changed(this.state);
  }

  set(state) {
    this.state = inside(state);
    this.draw();
  }

  run(command) {
    const { scale, x, y } = this.state;
    if (command === "reset") this.set(START);
    else if (command === "in") this.set({ scale: scale * STEP, x, y });
    else if (command === "out") this.set({ scale: scale / STEP, x, y });
    else {
      const [right, down] = WAYS[command];
      this.set({ scale, x: x + (right * MOVE) / scale, y: y + (down * MOVE) / scale });
    }
  }

  // Where in the picture a place of the screen lies, in 0..1 and beyond.
  at(view, clientX, clientY) {
    const box = view.getBoundingClientRect();
    const { width, height } = fitted(view, view.querySelector("img"));
    const { scale, x, y } = this.state;
    return {
      x: x + (clientX - box.left - box.width / 2) / (width * scale),
      y: y + (clientY - box.top - box.height / 2) / (height * scale),
    };
  }

  // Magnifies so that what is under the pointer stays there.
  magnify(view, clientX, clientY, factor) {
    const scale = clamp(this.state.scale * factor, 1, MOST);
    const held = this.at(view, clientX, clientY);
    const share = this.state.scale / scale;
    this.set({
      scale,
      x: held.x - (held.x - this.state.x) * share,
      y: held.y - (held.y - this.state.y) * share,
    });
  }

  pan(view, dx, dy) {
    const { width, height } = fitted(view, view.querySelector("img"));
    const { scale, x, y } = this.state;
    this.set({ scale, x: x - dx / (width * scale), y: y - dy / (height * scale) });
  }

  listen(canvas) {
    canvas.addEventListener("keydown", (event) => {
      const command = KEYS[event.key];
      if (!command || event.ctrlKey || event.metaKey || event.altKey) return;
      if (command in WAYS && this.state.scale === 1) return; // scrolls the page
      event.preventDefault();
      this.run(command);
    });
    for (const view of this.views) {
      view.addEventListener("wheel", (event) => this.wheel(canvas, view, event), { passive: false });
      view.addEventListener("dblclick", (event) => this.magnify(view, event.clientX, event.clientY, 2));
      view.addEventListener("pointerdown", (event) => this.press(view, event));
      view.addEventListener("pointermove", (event) => this.drag(view, event));
      for (const end of ["pointerup", "pointercancel"]) {
        view.addEventListener(end, (event) => this.touches.delete(event.pointerId));
      }
    }
  }

  // The page scrolls as ever until the pictures were clicked or Ctrl is held.
  wheel(canvas, view, event) {
    if (!event.ctrlKey && !canvas.contains(document.activeElement)) return;
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    const factor = Math.exp(-clamp(event.deltaY * lines, -300, 300) / 400);
    this.magnify(view, event.clientX, event.clientY, factor);
  }

  press(view, event) {
    if (event.button !== 0) return;
    this.touches.set(event.pointerId, event);
    // A finger that lies on the whole picture scrolls the page.
    if (event.pointerType === "mouse" || this.state.scale > 1 || this.touches.size > 1) {
      view.setPointerCapture(event.pointerId);
    }
  }

  drag(view, event) {
    const before = this.touches.get(event.pointerId);
    if (!before) return;
    const other = [...this.touches.values()].find((one) => one.pointerId !== event.pointerId);
    this.touches.set(event.pointerId, event);
    if (!other) {
      this.pan(view, event.clientX - before.clientX, event.clientY - before.clientY);
      return;
    }
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
    const middle = (one) => [(one.clientX + other.clientX) / 2, (one.clientY + other.clientY) / 2];
    const [x, y] = middle(event);
    const [oldX, oldY] = middle(before);
    this.pan(view, x - oldX, y - oldY);
    this.magnify(view, x, y, apart(event) / Math.max(1, apart(before)));
  }
}
