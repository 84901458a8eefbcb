// Lays the heat map over the picture; how much of it shows is a native slider.
function fitPicture(stage) {
  const canvas = stage.querySelector("[data-stage-canvas]");
  if (!canvas) return;
  const picture = canvas.querySelector(".stage-base img");
  const width = Number(picture.getAttribute("width"));
  canvas.style.setProperty("--stage-width", `${2 * width}px`);
  canvas.style.setProperty("--stage-ratio", width / Number(picture.getAttribute("height")));
  stage.classList.add("is-live");
}

function startControls(stage) {
  const controls = stage.querySelector("[data-stage-controls]");
  if (!controls) return;
  const slider = controls.querySelector("[data-stage-opacity]");
  const output = controls.querySelector("[data-stage-output]");
  const brightness = controls.querySelector("[data-stage-brightness]");
  const brightnessOutput = controls.querySelector("[data-stage-brightness-output]");
  const overlays = [...stage.querySelectorAll("[data-stage-overlay]")];
  const presets = [...controls.querySelectorAll("[data-stage-preset]")];
  const kinds = [...controls.querySelectorAll("input[name=overlay]")];

  function chosen() {
    const kind = kinds.find((radio) => radio.checked)?.value;
    return overlays.find((overlay) => overlay.dataset.stageOverlay === kind) ?? overlays[0];
  }

  function draw() {
    const current = chosen();
    for (const overlay of overlays) {
      overlay.hidden = overlay !== current;
      overlay.style.opacity = slider.valueAsNumber / 100;
      overlay.firstElementChild.style.filter = `brightness(${brightness.value})`;
    }
    output.textContent = `${slider.value} %`;
    brightnessOutput.textContent = `${brightness.value} ×`;
    brightness.setAttribute("aria-valuetext", `heat map ${brightness.value} times as bright`);
    slider.setAttribute("aria-valuetext", `${slider.value} percent heat map`);
    for (const preset of presets) {
      preset.setAttribute("aria-pressed", String(preset.dataset.stagePreset === slider.value));
    }
  }

  for (const preset of presets) {
    preset.addEventListener("click", () => {
      slider.value = preset.dataset.stagePreset;
      draw();
    });
  }
  // Error levels are dark by nature; other evidence is drawn as it should look.
  function choose() {
    brightness.value = chosen().dataset.stageBright;
    draw();
  }
  for (const radio of kinds) radio.addEventListener("change", choose);
  slider.addEventListener("input", draw);
  brightness.addEventListener("input", draw);
  controls.hidden = false;
  choose();
}

for (const stage of document.querySelectorAll("[data-stage]")) {
  fitPicture(stage);
  startControls(stage);
}
