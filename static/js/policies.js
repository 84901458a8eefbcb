// Tells in words what a form of conditions says, while it is typed. Stores nothing.
const PAUSE = 350;

function show(form, told) {
  for (const place of form.querySelectorAll("[data-told]")) {
    const words = told[place.dataset.told] ?? "";
    place.hidden = words === "";
    if (place.textContent !== words) place.textContent = words;
  }
  const leftOut = form.querySelector("[data-told-left-out]");
  if (leftOut) leftOut.hidden = !told.left_out;
}

function follow(form) {
  let timer;
  let asked;

  async function ask() {
    asked?.abort();
    asked = new AbortController();
    try {
      const response = await fetch(form.dataset.preview, {
        method: "POST",
        body: new FormData(form),
        headers: { Accept: "application/json" },
        signal: asked.signal,
      });
      if (response.ok && !response.redirected) show(form, await response.json());
    } catch (error) {
      if (error.name !== "AbortError") console.warn(error); // the words stay as they were
    }
  }
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  });
}

for (const form of document.querySelectorAll("form[data-preview]")) follow(form);
