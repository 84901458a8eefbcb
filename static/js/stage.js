// The original beside an evidence picture, or under it; both with one zoom.
import { SharedZoom } from "./zoom.js";

// The canvas takes the picture's shape; a small picture is enlarged up to twice.
function fitPicture(canvas) {
  const picture = canvas.querySelector(".stage-base img");
  const width = Number(picture.getAttribute("width"));
  canvas.style.setProperty("--stage-width", `${2 * width}px`);
  canvas.style.setProperty("--stage-ratio", width / Number(picture.getAttribute("height")));
}

function startZoom(stage, canvas) {
  const controls = stage.querySelector("[data-stage-zoom]");
  const output = controls.querySelector("[data-zoom-output]");
  const zoom = new SharedZoom(canvas, [...canvas.querySelectorAll(".stage-view")], (state) => {
    output.textContent = `${Math.round(state.scale * 100)} %`;
    Object.assign(canvas.dataset, { zoom: state.scale, zoomX: state.x, zoomY: state.y });
  });
  for (const button of controls.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => zoom.run(button.dataset.zoom));
  }
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "group");
  canvas.setAttribute("aria-label", "Pictures to zoom and move");
  canvas.setAttribute("aria-describedby", "zoom-help");
  controls.hidden = false;
  return zoom;
}

function startControls(stage, canvas, zoom) {
  const controls = stage.querySelector("[data-stage-controls]");
  if (!controls) return;
  const choice = controls.querySelector("[data-stage-choice]");
  const modes = [...controls.querySelectorAll("input[name=stage-mode]")];
  const slider = stage.querySelector("[data-stage-opacity]");
  const output = stage.querySelector("[data-stage-output]");
  const brightness = stage.querySelector("[data-stage-brightness]");
  const brightnessOutput = stage.querySelector("[data-stage-brightness-output]");
  const overlays = [...stage.querySelectorAll("[data-stage-overlay]")];

  function chosen() {
    return overlays.find((overlay) => overlay.dataset.stageOverlay === choice.value);
  }

  function draw() {
    const current = chosen();
    const covers = "stageCovers" in current.dataset;
    const isOver = covers && modes.some((mode) => mode.checked && mode.value === "over");
    for (const mode of modes) mode.disabled = !covers;
    stage.classList.toggle("is-over", isOver);
    stage.querySelector("[data-stage-over]").hidden = !isOver;
    for (const overlay of overlays) {
      overlay.hidden = overlay !== current;
      overlay.style.opacity = isOver ? slider.valueAsNumber / 100 : 1;
      overlay.querySelector("img").style.filter = `brightness(${brightness.value})`;
    }
    output.textContent = `${slider.value} %`;
    slider.setAttribute("aria-valuetext", `${slider.value} percent evidence picture`);
    brightnessOutput.textContent = `${brightness.value} ×`;
    brightness.setAttribute("aria-valuetext", `evidence picture ${brightness.value} times as bright`);
    zoom.draw();
  }

  // Error levels are dark by nature; other evidence is drawn as it should look.
  function choose() {
    brightness.value = chosen().dataset.stageBright;
    draw();
  }

  for (const mode of modes) mode.addEventListener("change", draw);
  choice.addEventListener("change", choose);
  slider.addEventListener("input", draw);
  brightness.addEventListener("input", draw);
  controls.hidden = false;
  choose();

  for (const button of document.querySelectorAll("[data-compare]")) {
    button.hidden = !overlays.some((one) => one.dataset.stageOverlay === button.dataset.compare);
    button.addEventListener("click", () => {
      choice.value = button.dataset.compare;
      choose();
      stage.scrollIntoView({ block: "start" });
      canvas.focus({ preventScroll: true });
    });
  }
}

for (const stage of document.querySelectorAll("[data-stage]")) {
  const canvas = stage.querySelector("[data-stage-canvas]");
  if (canvas) {
    fitPicture(canvas);
    stage.classList.add("is-live");
    startControls(stage, canvas, startZoom(stage, canvas));
  }
}
