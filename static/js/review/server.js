// Talks to the server: every answer is an object, every failure says in words what
// happened and what to do. Has no effect on import.
export const PROBLEM = { OFFLINE: "offline", SIGNED_OUT: "signed-out", REFUSED: "refused", BROKEN: "broken" };

export class Failure extends Error {
  constructor(kind, words, { errors = {}, next = null } = {}) {
    super(words);
    Object.assign(this, { kind, errors, next });
  }
}

const OFFLINE = () => navigator.onLine
  ? gettext("The server cannot be reached. What you entered is still here.")
  : gettext("You are offline. What you entered is still here.");
const SIGNED_OUT = () => gettext("You were signed out. Sign in again in another tab, then try again here.");
const FORBIDDEN = () => gettext("The server refused this: you may not do it, or you signed in anew. Reload the page.");
const BROKEN = () => gettext("The server had a problem. Nothing is recorded twice: try again.");

async function reach(address, options) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch {
    throw new Failure(PROBLEM.OFFLINE, OFFLINE());
  }
  if (answer.redirected && new URL(answer.url).pathname.includes("/login/")) {
    throw new Failure(PROBLEM.SIGNED_OUT, SIGNED_OUT());
  }
  return answer;
}

export function token() {
  return document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
}

// What the server thinks how late it is; our own clock may be wrong.
function secondsUntil(moment, answer) {
  const now = Date.parse(answer.headers.get("Date") ?? "") || Date.now();
  return (Date.parse(moment) - now) / 1000;
}

export async function post(address, fields = {}, options = {}) {
  const body = fields instanceof URLSearchParams ? fields : new URLSearchParams(fields);
  if (!body.has("csrfmiddlewaretoken")) body.set("csrfmiddlewaretoken", token());
  const answer = await reach(address, { method: "POST", body, headers: { Accept: "application/json" }, ...options });
  const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
  if (isJson && [409, 422].includes(answer.status)) {
    const { problem, errors, next } = await answer.json();
    throw new Failure(PROBLEM.REFUSED, problem, { errors, next });
  }
  if (answer.status === 403) throw new Failure(PROBLEM.REFUSED, FORBIDDEN());
  if (!answer.ok || !isJson) throw new Failure(PROBLEM.BROKEN, BROKEN());
  const data = await answer.json();
  return { ...data, secondsUntil: (moment) => secondsUntil(moment, answer) };
}

export async function getJson(address) {
  const answer = await reach(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Failure(PROBLEM.BROKEN, BROKEN());
  return answer.json();
}

export async function getPage(address) {
  const answer = await reach(address, { headers: { Accept: "text/html" } });
  if (!answer.ok) throw new Failure(PROBLEM.BROKEN, BROKEN());
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}
