// Tiles of a large picture: asked for once, waited for while the display copy shows.
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 15_000;

async function ask(address, token, signal) {
  const answer = await fetch(address, {
    method: token ? "POST" : "GET",
    headers: { Accept: "application/json", ...(token && { "X-CSRFToken": token }) },
    signal,
  });
  return answer.ok ? answer.json() : { status: "none" };
}

// Resolves with the tiles, or with null where there will be none.
export async function waitForTiles(address, token, signal) {
  let told = await ask(address, "", signal);
  if (told.status === "none") told = await ask(address, token, signal);
  for (let pause = FIRST_PAUSE; ["waiting", "building"].includes(told.status);) {
    await new Promise((resolve) => { setTimeout(resolve, pause); });
    signal.throwIfAborted();
    pause = Math.min(LONGEST_PAUSE, pause * 1.5);
    if (!document.hidden) told = await ask(address, "", signal);
  }
  return told.status === "ready" ? told : null;
}
