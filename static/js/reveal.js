// Looks behind the veil while something is held: a key, the button, a finger. Held
// shortly it is less blurred, held longer it is clear; let go and it is covered again.
// Nothing here listens for hovering.
const LONGER = 600;
let timer = 0;
let holder = null;

function stageOf(button) {
  return button.closest("[data-reveal]");
}

function cover() {
  clearTimeout(timer);
  if (!holder) return;
  delete stageOf(holder)?.dataset.revealed;
  holder.setAttribute("aria-pressed", "false");
  holder = null;
}

function uncover(button) {
  if (holder === button) return;
  cover();
  const stage = stageOf(button);
  if (!stage) return;
  holder = button;
  button.setAttribute("aria-pressed", "true");
  stage.dataset.revealed = "some";
  timer = setTimeout(() => {
    stage.dataset.revealed = "all";
  }, LONGER);
}

function press(event) {
  if (event.button !== 0) return;
  event.preventDefault();
  // A finger or a mouse that leaves the button still holds it; letting go ends it.
  event.currentTarget.setPointerCapture(event.pointerId);
  event.currentTarget.focus({ preventScroll: true });
  uncover(event.currentTarget);
}

function startButton(button) {
  button.hidden = false;
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("pointerdown", press);
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) button.addEventListener(end, cover);
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat) uncover(button);
  });
  button.addEventListener("keyup", (event) => {
    if (event.key === " " || event.key === "Enter") cover();
  });
  // The keyboard module says so when the key of this action goes down and up.
  button.addEventListener("pw:hold", () => uncover(button));
  button.addEventListener("pw:release", cover);
}

// What was magnified is covered as much more strongly.
function followZoom(stage) {
  if (!stage.dataset.veil) return;
  for (const views of stage.querySelectorAll("[data-stage-views], [data-stage-canvas]")) {
    const follow = () => {
      if (views.dataset.zoom) stage.style.setProperty("--veil-zoom", Math.max(1, views.dataset.zoom));
    };
    new MutationObserver(follow).observe(views, { attributeFilter: ["data-zoom"] });
    follow();
  }
}

function start(root) {
  cover();
  for (const button of root.querySelectorAll("[data-reveal-hold]")) startButton(button);
  for (const stage of root.querySelectorAll("[data-reveal]")) followZoom(stage);
}

// Whatever takes the attention away covers it, too: another window, another tab.
addEventListener("blur", cover);
addEventListener("pagehide", () => {
  cover();
  for (const kept of document.querySelectorAll("[data-reveal-keep]")) kept.checked = false;
});
document.addEventListener("visibilitychange", cover);
document.addEventListener("pw:shown", (event) => start(event.detail?.root ?? document));
start(document);
