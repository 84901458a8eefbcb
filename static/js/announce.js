// Speaks to screen readers. Has no effect on import: its address may differ from its
// hashed one, so that a page may hold it twice.
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
