// Sends each chosen or dropped file by itself, with progress, and follows its analysis.
import { announce } from "./announce.js";
import { written } from "./language.js";

const AT_ONCE = 3;
const POLL_EVERY = 1000;
const MAX_ASKED = 100;
const SVG = "http://www.w3.org/2000/svg";

const form = document.querySelector("[data-upload]");
const input = form.querySelector("input[type=file]");
const list = document.querySelector("[data-upload-list]");
const results = document.querySelector("[data-upload-results]");
const summary = document.querySelector("[data-upload-summary]");
const template = document.querySelector("[data-upload-template]");
const maxBytes = Number(form.dataset.maxBytes);

const waiting = [];
const pending = new Map();
const count = { all: 0, done: 0, refused: 0 };
let sending = 0;
let isPolling = false;

function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${form.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

function word(text, css = "") {
  const span = document.createElement("span");
  span.className = css;
  span.textContent = text;
  return span;
}

function setState(row, css, name, ...texts) {
  const badge = word("", css);
  badge.append(icon(name), ...texts);
  row.querySelector(".upload-state").replaceChildren(badge);
}

function tell() {
  summary.textContent = interpolate(
    count.refused ? gettext("%(done)s of %(all)s analyzed, %(refused)s refused.") : gettext("%(done)s of %(all)s analyzed."),
    count,
    true,
  );
  if (count.done + count.refused === count.all) announce(interpolate(gettext("All done: %s"), [summary.textContent]));
}

function refuse(row, detail) {
  row.classList.add("refused");
  row.querySelector("progress").hidden = true;
  setState(row, "state failed", "circle-x", word(gettext("Refused")));
  const reason = row.querySelector(".upload-reason");
  reason.textContent = detail;
  reason.hidden = false;
  count.refused += 1;
  const name = row.querySelector(".upload-name").textContent;
  announce(interpolate(gettext("%(name)s was refused: %(detail)s"), { name, detail }, true));
  tell();
}

function showResult(row, status) {
  const link = row.querySelector("a");
  link.href = status.url;
  link.hidden = false;
  if (status.is_pending) {
    const since = status.seconds > 1 ? ` ${status.seconds} s` : "";
    setState(row, "state running", "hourglass", word(`${status.label}${since}`));
    return;
  }
  row.querySelector("progress").hidden = true;
  if (status.verdict) {
    setState(row, `verdict ${status.verdict}`, status.verdict_icon, word(status.verdict_label), word(status.score, "verdict-score"));
  } else {
    setState(row, "state failed", "circle-x", word(gettext("Analysis failed")));
    const reason = row.querySelector(".upload-reason");
    reason.textContent = status.error;
    reason.hidden = false;
  }
  count.done += 1;
  tell();
}

function accept(row, status) {
  row.querySelector("progress").removeAttribute("value");
  showResult(row, status);
  if (!status.is_pending) return;
  pending.set(status.id, [...(pending.get(status.id) ?? []), row]);
  if (!isPolling) {
    isPolling = true;
    setTimeout(poll, POLL_EVERY);
  }
}

async function poll() {
  const query = new URLSearchParams([...pending.keys()].slice(0, MAX_ASKED).map((id) => ["id", id]));
  try {
    const response = await fetch(`${form.dataset.statusUrl}?${query}`, { headers: { Accept: "application/json" } });
    const answer = await response.json();
    for (const status of answer.images) {
      for (const row of pending.get(status.id) ?? []) showResult(row, status);
      if (!status.is_pending) pending.delete(status.id);
    }
    if (!answer.worker_is_alive) summary.textContent = gettext("Stored and queued; no worker is running now. They are analyzed when one is back.");
  } catch {
    summary.textContent = gettext("The server does not answer; trying again. What was sent is stored.");
  }
  isPolling = pending.size > 0;
  if (isPolling) setTimeout(poll, POLL_EVERY);
}

function answered(row, request) {
  let result;
  try {
    [result] = JSON.parse(request.responseText).results;
  } catch {
    const signedOut = request.status === 200 || request.status === 403;
    return refuse(row, signedOut
      ? gettext("You were signed out. Reload the page, sign in and send it again.")
      : interpolate(gettext("The server could not take it (%s). Nothing was stored; send it again later."), [request.status]));
  }
  return result.refused ? refuse(row, result.refused.detail) : accept(row, result.image);
}

function send({ file, row }) {
  const body = new FormData();
  body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  body.append("files", file);
  const bar = row.querySelector("progress");
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = (100 * event.loaded) / event.total;
    setState(row, "state", "upload", word(event.loaded < event.total ? interpolate(gettext("Sending %s"), [`${Math.round(bar.value)} %`]) : gettext("Checking")));
  });
  request.addEventListener("load", () => answered(row, request));
  request.addEventListener("error", () => refuse(row, gettext("The connection broke before the file was stored. Send it again.")));
  request.addEventListener("loadend", () => {
    sending -= 1;
    next();
  });
  sending += 1;
  request.send(body);
}

function next() {
  while (sending < AT_ONCE && waiting.length) send(waiting.shift());
}

function add(file) {
  const row = template.content.cloneNode(true).firstElementChild;
  row.querySelector(".upload-name").textContent = file.name;
  row.querySelector("a .visually-hidden").textContent = ` ${file.name}`;
  row.querySelector("progress").setAttribute("aria-label", interpolate(gettext("Progress of %s"), [file.name]));
  setState(row, "state", "hourglass", word(gettext("Waiting")));
  list.prepend(row);
  count.all += 1;
  if (file.size > maxBytes) {
    return refuse(row, interpolate(
      gettext("The file has %(size)s bytes; at most %(most)s are accepted. Send a smaller file."),
      { size: written(file.size), most: written(maxBytes) },
      true,
    ));
  }
  return waiting.push({ file, row });
}

function addAll(files) {
  if (!files.length) return;
  results.hidden = false;
  announce(interpolate(ngettext("%s file chosen.", "%s files chosen.", files.length), [files.length]));
  [...files].forEach(add);
  tell();
  next();
}

form.querySelector("[data-upload-send]").hidden = true;
form.querySelector("[data-upload-lead]").textContent = gettext("Drop pictures here, or choose them");
input.required = false;
input.addEventListener("change", () => {
  addAll(input.files);
  input.value = "";
});
form.addEventListener("submit", (event) => event.preventDefault());

// The whole page takes a drop: a near miss must not navigate away from it.
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => {
    event.preventDefault();
    form.classList.add("is-over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) form.classList.remove("is-over");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  form.classList.remove("is-over");
  addAll(event.dataTransfer.files);
});
