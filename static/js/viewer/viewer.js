// The evidence viewer: two views of one picture, one camera, and what shows how.
import { announce } from "../announce.js";
import { Camera } from "./camera.js";
import { loadPicture } from "./engine.js";
import { isSideways } from "./geometry.js";
import { Gestures } from "./gestures.js";
import { decode, encode, MODES } from "./link.js";
import { Loupe } from "./loupe.js";
import { Marks } from "./marks.js";
import { colorText, rulerText } from "./readout.js";
import { SwipeHandle } from "./swipe.js";
import { waitForTiles } from "./tiles.js";
import { Tones } from "./tones.js";
import { Tools } from "./tools.js";
import { View } from "./view.js";

const PLAIN = { channel: "color", tone: "none", bright: 1 };
let viewers = 0;

export class Viewer {
  constructor(stage, engine, facts) {
    Object.assign(this, { stage, engine, facts });
    this.size = { width: facts.width, height: facts.height };
    this.element = stage.querySelector("[data-stage-views]");
    this.stop = new AbortController();
    this.changed = () => {};
    const layer = facts.layers[0];
    this.state = {
      layer: layer?.kind ?? "",
      mode: layer ? "beside" : "original",
      split: 50,
      opacity: 50,
      isComparing: false,
      pairs: facts.pairs.some((pair) => pair.certain),
      adjust: { base: { ...PLAIN }, layer: { ...PLAIN, bright: layer?.bright ?? 1 } },
      loupe: { on: false, zoom: 3, x: 0.5, y: 0.5, lift: false },
      ruler: { on: false, line: null, cursor: null },
    };
    this.pixel = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  }

  get layer() {
    return this.facts.layers.find(({ kind }) => kind === this.state.layer);
  }

  // Evidence of another shape can only stand beside the original.
  get modes() {
    if (!this.layer) return ["original"];
    return this.layer.covers ? MODES : ["beside"];
  }

  get mode() {
    return this.modes.includes(this.state.mode) ? this.state.mode : this.modes[0];
  }

  async start() {
    const roles = this.facts.layers.length ? ["base", "layer"] : ["base"];
    this.views = roles.map((role) => {
      const host = this.element.querySelector(`[data-view=${role}]`);
      host.hidden = false;
      return new View(this.engine, host, role);
    });
    [this.base, this.over] = this.views;
    const poster = this.stage.querySelector(".stage-base img");
    poster.classList.add("stage-poster");
    this.base.host.prepend(poster);
    this.base.picture = this.size; // input is understood before the picture is there
    if (this.over) this.over.picture = this.size;
    this.camera = new Camera(this.base, () => this.draw());
    this.tools = new Tools(this);
    this.gestures = new Gestures(this.element, this.views, this.camera, this.tools);
    this.marks = this.views.map((view) => new Marks(view));
    this.tones = new Tones(this.stage, `stage-tone-${(viewers += 1)}`);
    this.loupes = [];
    if (this.over) {
      this.handle = new SwipeHandle(this.over.host, (split) => this.set({ split }));
      this.handle.element.hidden = true;
    }
    this.resized = new ResizeObserver(() => this.camera.set({}));
    this.resized.observe(this.element);
    this.baseShown = this.showBase();
    this.restore(location.hash);
    await this.baseShown;
    await this.showLayer();
    this.askForTiles();
  }

  async showBase() {
    const { url } = this.facts.preview;
    const levels = await loadPicture(url);
    if (this.stop.signal.aborted) return;
    await this.base.open(url, levels, this.size);
    this.baseLevels = levels;
    this.look();
    requestAnimationFrame(() => {
      this.stage.dataset.drawn = "";
      this.stage.dispatchEvent(new CustomEvent("pw:viewer-drawn", { bubbles: true }));
    });
  }

  async showLayer() {
    const wanted = this.layer;
    if (!wanted || this.over.address === wanted.url) return;
    const levels = await loadPicture(wanted.url);
    if (this.stop.signal.aborted || wanted !== this.layer) return;
    const { width, height } = levels.at(-1).canvas;
    await this.over.open(wanted.url, levels, wanted.covers ? this.size : { width, height });
    await this.baseShown;
    if (wanted !== this.layer || this.stop.signal.aborted) return;
    if (wanted.covers) this.over.addStandIn(this.facts.preview.url, this.baseLevels);
    this.loupes.forEach((loupe) => loupe.follow().then(() => this.draw()));
    this.element.dataset.layer = wanted.kind;
    this.look();
  }

  async askForTiles() {
    if (!this.facts.tiles) return;
    const token = this.stage.querySelector("input[name=csrfmiddlewaretoken]").value;
    this.isWaiting = true;
    try {
      const tiles = await waitForTiles(this.facts.tiles, token, this.stop.signal);
      if (this.stop.signal.aborted) return;
      this.isWaiting = false;
      this.readSoon();
      if (!tiles) return;
      this.base.addTiles(tiles);
      this.loupes.forEach((loupe) => loupe.follow());
      this.stage.dataset.tiles = "ready";
      this.draw();
    } catch (error) {
      if (!this.stop.signal.aborted) console.warn("no tiles:", error);
    }
  }

  set(change) {
    Object.assign(this.state, change);
    this.look();
  }

  chooseLayer(kind) {
    const found = this.facts.layers.find((one) => one.kind === kind);
    if (!found) return;
    this.state.adjust.layer = { ...PLAIN, bright: found.bright };
    this.set({ layer: kind });
    this.showLayer();
  }

  nextLayer(step) {
    const { layers } = this.facts;
    const place = layers.indexOf(this.layer) + step;
    this.chooseLayer(layers[(place + layers.length) % layers.length].kind);
    announce(this.layer.label);
  }

  nextMode() {
    const place = this.modes.indexOf(this.mode) + 1;
    this.set({ mode: this.modes[place % this.modes.length] });
  }

  toggleRuler() {
    const { ruler, loupe } = this.state;
    this.tools.cancel();
    Object.assign(ruler, { on: !ruler.on, line: null, cursor: null });
    loupe.on &&= !ruler.on;
    this.look();
  }

  toggleLoupe() {
    const { ruler, loupe } = this.state;
    const { x, y } = this.camera.state;
    Object.assign(loupe, { on: !loupe.on, x, y });
    ruler.on &&= !loupe.on;
    this.look();
  }

  measured() {
    announce(rulerText(this.state.ruler.line));
    this.draw();
  }

  actualSize() {
    this.camera.zoomBy(1 / this.camera.pixelSize);
  }

  // Everything that is not geometry: mode, order, opacity, adjustments.
  look() {
    const { state, stage, mode } = this;
    stage.dataset.mode = mode;
    stage.classList.toggle("is-measuring", state.ruler.on);
    stage.classList.toggle("has-loupe", state.loupe.on);
    stage.classList.toggle("is-comparing", state.isComparing);
    const shape = this.size.width / this.size.height;
    const ratio = isSideways(this.camera.state.rotation) ? 1 / shape : shape;
    this.element.style.setProperty("--stage-ratio", ratio);
    if (this.handle) {
      this.handle.element.hidden = mode !== "swipe";
      if (this.handle.value !== state.split) this.handle.set(state.split);
    }
    this.over?.showStandIn(state.isComparing && mode === "beside");
    for (const view of this.views) this.lookOf(view.role, view.element, view.levels);
    if (state.loupe.on && !this.loupes.length) this.makeLoupes();
    for (const { lens } of this.loupes) this.lookOf(lens.role, lens.element, lens.levels);
    this.camera.set({});
    this.changed();
  }

  lookOf(role, element, levels) {
    const { mode, state } = this;
    if (levels) element.style.filter = this.tones.css(role, levels, state.adjust[role]);
    if (role === "base") return;
    const isHidden = state.isComparing && mode !== "beside";
    const opacity = mode === "overlay" ? state.opacity / 100 : 1;
    element.style.opacity = isHidden ? 0 : opacity;
    if (element === this.over.element) {
      element.style.clipPath = mode === "swipe" ? `inset(0 0 0 ${state.split}%)` : "";
    }
  }

  makeLoupes() {
    this.loupes = this.views.map((view) => new Loupe(this.engine, view));
    this.loupes.forEach((loupe) => loupe.follow().then(() => this.look()));
  }

  draw() {
    const { camera, state, mode } = this;
    if (this.rotation !== camera.state.rotation) {
      this.rotation = camera.state.rotation;
      this.look(); // the shape of the views changes with it
      return;
    }
    const shown = {
      pairs: state.pairs ? this.facts.pairs : [],
      ruler: state.ruler.line,
      cursor: state.ruler.on ? state.ruler.cursor : null,
    };
    this.views.forEach((view, place) => {
      view.draw(camera.state);
      const covers = view === this.base || this.layer.covers;
      this.marks[place].draw(camera.state, this.size, covers ? shown : { pairs: [] });
    });
    for (const loupe of this.loupes) {
      const isSplit = mode === "swipe" && loupe.view === this.over;
      const split = isSplit ? (state.split / 100) * this.over.box.width : null;
      if (state.loupe.on && loupe.lens.levels) loupe.draw(camera.state, state.loupe, split);
    }
    const { scale, x, y, rotation } = camera.state;
    Object.assign(this.element.dataset, { zoom: scale, zoomX: x, zoomY: y, rotation });
    this.element.classList.toggle("is-zoomed", !camera.isWhole);
    this.readSoon();
  }

  readSoon() {
    this.reading ??= requestAnimationFrame(() => {
      this.reading = null;
      if (!this.stop.signal.aborted) this.read();
    });
  }

  read() {
    const { pointer } = this.tools;
    const output = this.stage.querySelector("[data-stage-readout]");
    const level = this.stage.querySelector("[data-zoom-output]");
    level.textContent = `${Math.round(this.camera.pixelSize * 100)} %`;
    const { line } = this.state.ruler;
    const parts = line ? [rulerText(line)] : [];
    if (pointer && this.base.levels) {
      const [x, y] = this.tools.pixels(pointer.view, pointer).map(Math.floor);
      parts.push(`x ${x}, y ${y}`);
      const color = pointer.view.colorAt(pointer.clientX, pointer.clientY, this.pixel);
      if (color) parts.push(colorText(color));
    }
    output.textContent = parts.join(" · ") || gettext("Point at a picture to read its pixels.");
    this.stage.querySelector("[data-stage-detail]").textContent = this.detail;
  }

  // What the pixels that show are of.
  get detail() {
    if (this.base.tiles) return gettext("Every pixel of the original");
    const shown = this.baseLevels?.at(-1).canvas.width ?? 0;
    if (shown * 1.05 > this.size.width) return "";
    return this.isWaiting
      ? gettext("Display copy; full detail is being prepared")
      : gettext("Display copy, reduced");
  }

  get fragment() {
    return encode({ ...this.state, mode: this.mode }, this.camera.state);
  }

  // Shows what an address says. What it does not say stays as it is.
  restore(fragment) {
    const said = decode(fragment);
    if (!said) return;
    const { adjust, layer, ...others } = said.state;
    if (layer && layer !== this.state.layer) this.chooseLayer(layer);
    for (const key in others) {
      const value = others[key];
      if (value === undefined) continue;
      if (key === "loupe" || key === "ruler") Object.assign(this.state[key], value);
      else this.state[key] = value;
    }
    for (const role of ["base", "layer"]) {
      if (adjust[role]) this.state.adjust[role] = adjust[role];
    }
    this.look(); // the camera's limits depend on the shape of the views
    this.camera.set(said.camera);
  }

  destroy() {
    this.stop.abort();
    this.resized?.disconnect();
    for (const part of [this.gestures, this.tones, ...(this.marks ?? [])]) part?.destroy();
    for (const one of [...(this.loupes ?? []), ...(this.views ?? [])]) one.destroy();
  }
}
