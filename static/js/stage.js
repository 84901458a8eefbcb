// Starts the evidence viewer of a page, and of what later replaces the page's content.
import { Controls } from "./viewer/controls.js";
import { loadEngine } from "./viewer/engine.js";
import { Viewer } from "./viewer/viewer.js";

const running = new Map();

function endThoseGone() {
  for (const [stage, viewer] of running) {
    if (!stage.isConnected) {
      viewer.destroy();
      running.delete(stage);
    }
  }
}

function openFrom(button, viewer) {
  viewer.chooseLayer(button.dataset.compare);
  viewer.stage.scrollIntoView({ block: "start" });
  viewer.element.focus({ preventScroll: true });
}

async function start(stage) {
  if (running.has(stage)) return;
  const facts = JSON.parse(stage.querySelector("[data-stage-facts]").dataset.stageFacts);
  const engine = await loadEngine(facts.engine);
  if (!stage.isConnected || running.has(stage)) return;
  const viewer = new Viewer(stage, engine, facts);
  running.set(stage, viewer);
  stage.classList.add("is-live");
  for (const part of stage.querySelectorAll("[data-stage-live]")) part.hidden = false;
  const { signal } = viewer.stop;
  for (const button of document.querySelectorAll("[data-compare]")) {
    button.hidden = !facts.layers.some(({ kind }) => kind === button.dataset.compare);
    button.addEventListener("click", () => openFrom(button, viewer), { signal });
  }
  const controls = new Controls(stage, viewer);
  window.addEventListener("hashchange", () => viewer.restore(location.hash), { signal });
  const started = viewer.start();
  controls.show();
  await started;
}

function startAll() {
  endThoseGone();
  for (const stage of document.querySelectorAll("[data-stage]")) {
    if (stage.querySelector("[data-stage-facts]")) start(stage);
  }
}

document.addEventListener("pw:shown", startAll);
startAll();
