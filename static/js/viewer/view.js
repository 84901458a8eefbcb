// One picture in one box, drawn by OpenSeadragon. It has no mind of its own: the
// viewer's one state says what shows, and input is the viewer's.
import { pictureSource, tiledSource } from "./engine.js";
import { fit, toPicture, toScreen } from "./geometry.js";

const OPTIONS = {
  drawer: "canvas",
  mouseNavEnabled: false,
  showNavigationControl: false,
  tabIndex: "",
  autoResize: false,
  animationTime: 0,
  blendTime: 0,
  immediateRender: false,
  imageLoaderLimit: 6,
  minZoomImageRatio: 0,
  maxZoomPixelRatio: Infinity,
  preserveImageSizeOnResize: true,
  crossOriginPolicy: false,
};

export class View {
  // `host` is the element to fill; `role` is "base" or "layer".
  constructor(engine, host, role) {
    Object.assign(this, { engine, host, role, picture: null, tiles: null });
    this.element = document.createElement("div");
    this.element.className = "stage-picture";
    this.element.dataset.picture = role;
    host.append(this.element);
    this.viewer = engine({ ...OPTIONS, element: this.element });
    this.levels = null;
  }

  get box() {
    return { width: this.host.clientWidth || 1, height: this.host.clientHeight || 1 };
  }

  // Shows a picture whose levels are loaded; `size` is what it stands for in pixels.
  open(address, levels, size) {
    Object.assign(this, { levels, address, picture: size, tiles: null });
    return new Promise((resolve) => {
      this.viewer.addOnceHandler("open", resolve);
      this.viewer.open(pictureSource(this.engine, address, levels, size));
    });
  }

  // Lays tiles over the display copy, which stays beneath while they load.
  addTiles(tiles) {
    if (this.tiles) return;
    this.tiles = tiles;
    const tileSource = tiledSource(this.engine, tiles);
    this.viewer.addTiledImage({ tileSource, width: 1 });
  }

  // Another picture of the same shape that can take this one's place at once.
  addStandIn(address, levels) {
    const tileSource = pictureSource(this.engine, address, levels, this.picture);
    this.viewer.addTiledImage({
      tileSource, width: 1, opacity: 0, success: ({ item }) => { this.standIn = item; },
    });
  }

  showStandIn(isShown) {
    this.standIn?.setOpacity(isShown ? 1 : 0);
  }

  draw(state, zoom = 1, box = this.box) {
    if (!this.picture || !this.viewer.isOpen()) return;
    const { viewport } = this.viewer;
    const { Point } = this.engine;
    const size = fit(box, this.picture, state.rotation) * state.scale * zoom;
    const room = this.box;
    const known = viewport.getContainerSize();
    if (known.x !== room.width || known.y !== room.height) {
      viewport.resize(new Point(room.width, room.height), false);
    }
    viewport.setRotation(state.rotation, true);
    viewport.zoomTo((this.picture.width * size) / room.width, null, true);
    const shape = this.picture.height / this.picture.width;
    viewport.panTo(new Point(state.x, state.y * shape), true);
    // Enlarged well beyond its own pixels, it shows them as they are.
    const own = this.tiles?.width ?? this.levels.at(-1).canvas.width;
    this.viewer.drawer.setImageSmoothingEnabled((this.picture.width * size) / own < 2);
  }

  toScreen(point, state) {
    return toScreen(point, this.box, this.picture, state);
  }

  // Where in the picture a place of the window lies.
  at(clientX, clientY, state) {
    const edge = this.host.getBoundingClientRect();
    const place = { x: clientX - edge.left, y: clientY - edge.top };
    return toPicture(place, this.box, this.picture, state);
  }

  // The color that is drawn at a place of the window, before any adjustment.
  colorAt(clientX, clientY, pixel) {
    const edge = this.host.getBoundingClientRect();
    const { canvas } = this.viewer.drawer;
    const ratio = canvas.width / this.box.width;
    pixel.clearRect(0, 0, 1, 1);
    pixel.drawImage(
      canvas, Math.floor((clientX - edge.left) * ratio),
      Math.floor((clientY - edge.top) * ratio), 1, 1, 0, 0, 1, 1,
    );
    const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
    return alpha === 255 ? [red, green, blue] : null;
  }

  destroy() {
    this.viewer.destroy();
    this.element.remove();
  }
}
