// Copies a field's value. Without this script, or the browser's leave, one selects it by hand.
async function copy(button) {
  const field = document.querySelector(button.dataset.copy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    return; // it is selected
  }
  button.textContent = button.dataset.copied;
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = button.dataset.copied;
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}
