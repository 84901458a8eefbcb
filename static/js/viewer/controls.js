// Buttons, sliders and choices of the viewer: what they do, and what they show.
import { announce } from "../announce.js";
import { written } from "../language.js";

// Held with the pointer, with Space or Enter, or by another module's key.
function holdable(button, hold, signal) {
  const on = (name, react) => button.addEventListener(name, react, { signal });
  on("pointerdown", (event) => {
    if (event.button > 0) return;
    hold(true);
    try {
      button.setPointerCapture(event.pointerId);
    } catch {
      // A key's press that another module sends has no pointer.
    }
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur", "pw:release"]) {
    on(end, () => hold(false));
  }
  on("pw:hold", () => hold(true));
  on("contextmenu", (event) => event.preventDefault());
  const isKey = (event) => event.key === " " || event.key === "Enter";
  on("keydown", (event) => {
    if (!isKey(event)) return;
    event.preventDefault();
    if (!event.repeat) hold(true);
  });
  on("keyup", (event) => isKey(event) && hold(false));
}

async function copyLink(stage, viewer) {
  const address = new URL(stage.dataset.link || location.pathname, location.href);
  address.hash = viewer.fragment;
  const field = stage.querySelector("[data-stage-link]");
  try {
    await navigator.clipboard.writeText(address.href);
    announce(gettext("The link to this view is copied."));
    field.closest("[data-stage-linked]").hidden = true;
    return true;
  } catch {
    // Without HTTPS a page may not write there: people copy it themselves.
    field.closest("[data-stage-linked]").hidden = false;
    field.value = address.href;
    field.focus();
    field.select();
    return false;
  }
}

function showCopied(button) {
  const word = button.querySelector("[data-word]");
  const before = (word.dataset.word ||= word.textContent);
  word.textContent = gettext("Copied");
  setTimeout(() => { word.textContent = before; }, 2000);
}

export class Controls {
  constructor(stage, viewer) {
    Object.assign(this, { stage, viewer });
    this.find = (selector) => stage.querySelector(selector);
    const { signal } = viewer.stop;
    const actions = {
      "viewer-zoom-in": () => viewer.gestures.run("in"),
      "viewer-zoom-out": () => viewer.gestures.run("out"),
      "viewer-reset": () => viewer.camera.reset(),
      "viewer-actual-size": () => viewer.actualSize(),
      "viewer-rotate": () => viewer.camera.rotate(),
      "viewer-mode-next": () => viewer.nextMode(),
      "viewer-layer-next": () => viewer.nextLayer(1),
      "viewer-layer-previous": () => viewer.nextLayer(-1),
      "viewer-loupe": () => viewer.toggleLoupe(),
      "viewer-ruler": () => viewer.toggleRuler(),
      "viewer-pairs": () => viewer.set({ pairs: !viewer.state.pairs }),
      "viewer-adjust": () => this.toggleAdjust(),
      "viewer-fullscreen": () => this.toggleFullscreen(),
    };
    for (const name in actions) {
      this.find(`[data-action=${name}]`)?.addEventListener("click", actions[name], { signal });
    }
    for (const way of ["left", "up", "down", "right"]) {
      this.find(`[data-pan=${way}]`)
        .addEventListener("click", () => viewer.gestures.run(way), { signal });
    }
    const copy = this.find("[data-action=viewer-copy-link]");
    copy.addEventListener("click", async () => {
      if (await copyLink(stage, viewer)) showCopied(copy);
    }, { signal });
    const compare = this.find("[data-action=viewer-compare]");
    if (compare) holdable(compare, (isHeld) => this.hold(isHeld), signal);
    this.listenToFields(signal);
    viewer.changed = () => this.show();
  }

  listenToFields(signal) {
    const { viewer } = this;
    const on = (selector, name, react) => this.find(selector)
      ?.addEventListener(name, (event) => react(event.target), { signal });
    on("[data-stage-choice]", "change", ({ value }) => viewer.chooseLayer(value));
    on("[data-stage-modes]", "change", ({ value }) => viewer.set({ mode: value }));
    on("[data-stage-opacity]", "input", ({ valueAsNumber }) =>
      viewer.set({ opacity: valueAsNumber }));
    on("[data-stage-magnify]", "input", ({ valueAsNumber }) => {
      viewer.state.loupe.zoom = valueAsNumber;
      viewer.look();
    });
    on("[data-stage-adjust]", "input", (field) => {
      const { role, look } = field.dataset;
      viewer.state.adjust[role][look] = look === "bright" ? field.valueAsNumber : field.value;
      viewer.look();
    });
    on("[data-stage-plain]", "click", () => {
      for (const role of ["base", "layer"]) {
        const bright = role === "layer" ? viewer.layer?.bright ?? 1 : 1;
        Object.assign(viewer.state.adjust[role], { channel: "color", tone: "none", bright });
      }
      viewer.look();
    });
  }

  hold(isComparing) {
    const { viewer } = this;
    if (viewer.state.isComparing !== isComparing) viewer.set({ isComparing });
  }

  toggleAdjust() {
    const panel = this.find("[data-stage-adjust]");
    panel.hidden = !panel.hidden;
    this.find("[data-action=viewer-adjust]").setAttribute("aria-expanded", !panel.hidden);
    this.viewer.camera.set({});
  }

  toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.stage.requestFullscreen?.();
  }

  // Brings every control in line with the viewer's state.
  show() {
    const { viewer, stage } = this;
    const { state, mode, modes, layer } = viewer;
    const choice = this.find("[data-stage-choice]");
    if (choice) choice.value = state.layer;
    for (const radio of stage.querySelectorAll("[data-stage-modes] input")) {
      radio.disabled = !modes.includes(radio.value);
      radio.checked = radio.value === mode;
    }
    const next = this.find("[data-action=viewer-mode-next]");
    if (next) next.disabled = modes.length < 2;
    this.pressed("viewer-loupe", state.loupe.on);
    this.pressed("viewer-ruler", state.ruler.on);
    this.pressed("viewer-pairs", state.pairs);
    this.pressed("viewer-compare", state.isComparing);
    const compare = this.find("[data-action=viewer-compare]");
    if (compare) compare.disabled = !layer?.covers;
    this.slider("opacity", mode === "overlay", state.opacity, `${state.opacity} %`);
    this.slider("magnify", state.loupe.on, state.loupe.zoom, `${state.loupe.zoom} ×`);
    this.find("[data-stage-context]").hidden = mode !== "overlay" && !state.loupe.on;
    for (const field of stage.querySelectorAll("[data-look]")) {
      field.value = state.adjust[field.dataset.role][field.dataset.look];
      const output = field.parentElement.querySelector("output");
      if (output) output.textContent = `${written(field.value, field.value.includes(".") ? 1 : 0)} ×`;
    }
    for (const caption of stage.querySelectorAll("[data-stage-caption]")) {
      caption.hidden = caption.dataset.stageCaption !== state.layer;
    }
    const name = this.find("[data-stage-name=layer]");
    if (name && layer) {
      const isOriginal = state.isComparing && mode === "beside";
      name.textContent = isOriginal ? gettext("Original") : layer.label;
    }
    this.find("[data-stage-name=base]").hidden =
      ["overlay", "single"].includes(mode) && !state.isComparing;
    if (name) name.hidden = state.isComparing && mode !== "beside";
  }

  pressed(action, isPressed) {
    this.find(`[data-action=${action}]`)?.setAttribute("aria-pressed", isPressed);
  }

  slider(name, isShown, value, text) {
    const field = this.find(`[data-stage-${name}]`);
    if (!field) return;
    field.closest(".slider").hidden = !isShown;
    field.value = value;
    field.setAttribute("aria-valuetext", text);
    field.parentElement.querySelector("output").textContent = text;
  }
}
