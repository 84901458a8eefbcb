// One case after the other without waiting: the next one is loaded while this one is
// looked at, and shown as soon as the server has recorded the decision.
import { register } from "./actions.js";
import { announce } from "./announce.js";
import { Ahead } from "./review/ahead.js";
import { analysisOf, describe, enter, entered, giveToken, isUntouched, panelOf, refreshParts, show } from "./review/casepage.js";
import { Claim } from "./review/claim.js";
import { clearProblem, showLost, showProblem } from "./review/problem.js";
import { Failure, PROBLEM, getPage, post } from "./review/server.js";
import { Toast } from "./review/toast.js";

// The picture comes first; what else there is to fetch waits so long.
const AFTER_THE_PICTURE = 150;
const PASSES_ON = /\/(skip|hold|escalate)\/$/;

const ahead = new Ahead();
const claim = new Claim((words, next) => showLost(panelOf(), { words, next, again: claimAgain }));
const toast = new Toast(undo);
const drafts = new Map();
let shownAt = location.pathname;
let isSending = false;

function decisionForm(root = document) {
  return root.querySelector("form[data-decision]");
}

function loadAhead() {
  delete document.body.dataset.ahead;
  const panel = panelOf();
  if (decisionForm() && panel) ahead.load(panel.dataset.nextUrl, panel.dataset.case);
}

function keepDraft() {
  const form = decisionForm();
  if (form && !isUntouched(form)) drafts.set(panelOf().dataset.case, entered(form));
}

function put(page, found, said) {
  giveToken(page, found);
  shownAt = found.url;
  show(page, { url: found.url, said });
  enter(decisionForm(), drafts.get(found.id) ?? []);
  drafts.delete(found.id);
  claim.follow(found.seconds);
}

// Having been loaded ahead, the page is not recorded as looked at, nor as claimed.
async function catchUp(found) {
  try {
    const fresh = await getPage(found.url);
    if (claim.case?.id !== found.id) return;
    if (analysisOf(fresh) !== analysisOf(document) && isUntouched(decisionForm())) put(fresh, found, "");
    else refreshParts(fresh);
    claim.count();
  } catch {
    // What is shown still holds; the server checks again when it is decided.
  }
  if (claim.case?.id === found.id) loadAhead();
}

async function showCase(found, said) {
  const early = ahead.take(found.id);
  try {
    put(early ?? (await getPage(found.url)), found, said);
  } catch {
    claim.isLeavingForUs = true;
    location.assign(found.url);
    return;
  }
  if (early) setTimeout(() => catchUp(found), AFTER_THE_PICTURE);
  else loadAhead();
}

function showNothing(said) {
  const queue = document.querySelector("main .crumbs a").href;
  const page = document.implementation.createHTMLDocument(`${gettext("Nothing waits")} · Pixelwarden`);
  const main = page.createElement("main");
  Object.assign(main, { id: "main", tabIndex: -1 });
  const card = page.createElement("div");
  card.className = "empty card";
  const heading = page.createElement("h1");
  heading.textContent = gettext("Nothing else waits for you");
  const words = page.createElement("p");
  words.textContent = gettext("You have reached the end of your queues. New cases appear there by themselves.");
  const link = page.createElement("a");
  Object.assign(link, { className: "button primary", href: queue, textContent: gettext("To the queue") });
  card.append(heading, words, link);
  main.append(card);
  page.body.append(main);
  shownAt = new URL(queue).pathname;
  show(page, { url: shownAt, said });
  claim.follow();
}

async function goOn({ next, secondsUntil }, said) {
  if (next) await showCase({ ...next, seconds: secondsUntil(next.expires_at) }, said);
  else showNothing(said);
}

function words(form) {
  const chosen = form.querySelector("[name=outcome]:checked");
  const label = chosen?.labels[0].querySelector("span").textContent.trim() ?? "";
  return interpolate(gettext("Recorded: %s."), [label]);
}

async function decide(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  if (ahead.next) fields.set("prefer", ahead.next.id);
  const kept = entered(form);
  const said = words(form);
  const { id } = describe(panelOf());
  const answer = await post(form.action, fields);
  drafts.delete(id);
  const { training, decision } = answer;
  if (training) toast.tell(`${said} ${training.text}`, training.url);
  else toast.show(said, { ...decision, kept }, answer.secondsUntil(decision.final_at));
  await goOn(answer, training ? `${said} ${training.text}` : said);
}

async function passOn(form, button) {
  const answer = await post(form.action, new URLSearchParams(new FormData(form, button)));
  const said = answer.said ?? gettext("Skipped.");
  toast.say(said);
  await goOn(answer, said);
}

async function send(form, button, how) {
  if (isSending) return;
  isSending = claim.isBusy = true;
  form.setAttribute("aria-busy", "true");
  clearProblem();
  try {
    await how(form, button);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    const isRefused = failure.kind === PROBLEM.REFUSED;
    showProblem(form, failure, {
      retry: isRefused ? null : () => form.requestSubmit(button),
      again: isRefused && !Object.keys(failure.errors).length ? claimAgain : null,
    });
  } finally {
    isSending = claim.isBusy = false;
    form.removeAttribute("aria-busy");
  }
}

async function claimAgain() {
  if (!(await claim.again())) return;
  clearProblem();
  announce(gettext("The case is yours again."));
  document.querySelector("[data-action=submit]")?.focus();
}

async function undo({ undo_url: address, kept }) {
  const before = claim.case;
  try {
    const answer = await post(address);
    const found = { ...answer.case, seconds: answer.secondsUntil(answer.case.expires_at) };
    toast.hide();
    keepDraft();
    if (before?.token && before.id !== found.id) claim.release(before);
    drafts.set(found.id, kept);
    ahead.forget();
    await showCase(found, gettext("Taken back."));
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.kind === PROBLEM.REFUSED) toast.say(failure.message);
    announce(failure.message);
  }
}

function submitted(event) {
  const { target: form, submitter } = event;
  if (event.defaultPrevented) return;
  if (form.matches("[data-decision]") && submitter?.name === "flow") {
    event.preventDefault();
    send(form, submitter, decide);
  } else if (form.closest("[data-case]") && PASSES_ON.test(form.getAttribute("action"))) {
    event.preventDefault();
    send(form, submitter, passOn);
  } else if (/\/logout\/$/.test(form.getAttribute("action") ?? "")) claim.leave();
  else if (form.method !== "dialog") claim.isLeavingForUs = true;
}

// To a page of the same case one takes the case along.
function followed(event) {
  const link = event.target.closest?.("a[href]");
  const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (link && isPlain && claim.case && link.pathname.startsWith(claim.case.url)) claim.isLeavingForUs = true;
}

// A page that is loaded again gave its case back a moment ago.
function takeBack() {
  const [how] = performance.getEntriesByType("navigation");
  if (how?.type !== "reload" || !claim.case || claim.case.token) return;
  if (sessionStorage.getItem("pw-left") === claim.case.id && decisionForm()) claim.again();
}

register("undo", { can: () => toast.canUndo, run: () => { toast.take(); } });
document.addEventListener("submit", submitted);
document.addEventListener("click", followed);
window.addEventListener("popstate", () => location.pathname !== shownAt && location.reload());
window.addEventListener("pageshow", (event) => event.persisted && location.reload());
document.addEventListener("pw:ahead", (event) => { document.body.dataset.ahead = event.detail.id; });
claim.follow();
takeBack();
setTimeout(() => claim.beat(), 1500);
loadAhead();
document.body.dataset.reviewing = "";
