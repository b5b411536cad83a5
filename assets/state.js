// What a page says is made on the gateway. This module fetches that part again when the gateway's state changes.

import { awayFor } from "./address.js";
import { $, page } from "./dom.js";
import { ask, ANSWER_MS } from "./http.js";
import { locale } from "./words.js";

const RETRY_MS = 2000;
const LOOK_MS = 15000; // a connection to a gateway that lost its power does not end by itself
const SOON_MS = 4000; // for an answer of a gateway that is away: a line that is back is noticed soon

// ---- The part that the gateway makes

async function refresh(timeout) {
  const answer = await ask("GET", `${location.pathname}?part`, { headers: { Accept: "text/html" }, timeout });
  if (!answer.status || answer.status >= 500) return false;
  const part = new DOMParser().parseFromString(answer.text, "text/html").getElementById("state");
  const now = $("state");
  // After a reboot another version of this page may be there. But a page that sends a file would lose it.
  if (!part || part.dataset.boot !== now.dataset.boot || part.dataset.mark !== now.dataset.mark) {
    if (!isSending()) location.reload();
    return true;
  }
  localise(part);
  const had = document.activeElement;
  morph(now, part);
  arrange();
  news.dispatchEvent(new Event("change"));
  if (had !== document.body && !isShown(had)) now.focus(); // what had it is gone
  else if (had !== document.activeElement) had.focus({ preventScroll: true }); // it has moved
  return true;
}

const isShown = (element) => element.isConnected && element.getClientRects().length > 0;
const isSending = () => page === "update" && !$("sending").hidden;

// Change only what differs: the keyboard's focus, an opened detail and the panel's picture stay. An element with a
// data-key is the same wherever it stands among its siblings. One whose data-stays is the same is not changed at all:
// a reader may be typing in it.
function morph(from, to) {
  if (to.dataset.stays !== undefined && to.dataset.stays === from.dataset.stays) return;
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const name of from.getAttributeNames()) {
    if (name !== "open" && !to.hasAttribute(name)) from.removeAttribute(name);
  }
  const before = [...from.childNodes];
  const keyed = new Map(before.filter(keyOf).map((node) => [keyOf(node), node]));
  const others = before.filter((node) => !keyOf(node));
  const after = [...to.childNodes].map((node) => {
    const old = keyOf(node) ? keyed.get(keyOf(node)) : others.shift();
    if (old?.nodeName !== node.nodeName) return node;
    if (old.nodeType === Node.ELEMENT_NODE) morph(old, node);
    else if (old.data !== node.data) old.data = node.data;
    return old;
  });
  for (const node of before) if (!after.includes(node)) node.remove();
  after.forEach((node, index) => {
    const there = from.childNodes[index] ?? null;
    if (there !== node) from.insertBefore(node, there);
  });
}

const keyOf = (node) => node.dataset?.key;

function localise(part) {
  for (const time of part.querySelectorAll("time")) {
    time.textContent = new Date(time.dateTime).toLocaleString(locale);
  }
}

// Show around that part what goes with it.
export function arrange() {
  const { phase, open, signed, title } = $("state").dataset;
  if (!isSending()) document.title = title;
  if ($("sign-in")) $("sign-in").hidden = signed === "yes";
  if ($("entrance")) $("entrance").hidden = signed === "yes";
  if (page !== "update") return;
  count();
  if ($("sign-out")) $("sign-out").hidden = !$("sign-in").hidden;
  $("state").hidden = isSending() && ["idle", "failed", "receiving"].includes(phase);
  $("upload").hidden = open !== "yes" || isSending() || !$("sign-in").hidden;
}

let goesDownAt = 0; // when the gateway has gone down, at the latest

function count() {
  const seconds = $("countdown");
  if (!seconds) {
    goesDownAt = 0;
    return;
  }
  if (misses) return; // it has gone down already, or that is unknown
  goesDownAt ||= performance.now() + seconds.dataset.seconds * 1000;
  seconds.textContent = Math.max(0, Math.ceil((goesDownAt - performance.now()) / 1000));
}

// ---- Following the gateway's state

// Has "change" when the part is another, and "back" when a gateway that was away answers again.
export const news = new EventTarget();

let misses = 0; // looks in a row that the gateway has not answered
let retry = 0;
let looking = null; // what shows the newest state when it is done
let again = false;

// One look at a time, and one more if something came meanwhile: the newest state wins. Resolves with whether the
// gateway has answered.
export function look() {
  again = true;
  looking ??= lookUntilNewest().finally(() => { looking = null; });
  return looking;
}

async function lookUntilNewest() {
  let there = true;
  while (again && there) {
    again = false;
    there = await refresh(misses % 3 ? SOON_MS : ANSWER_MS);
  }
  if (there) answered();
  else missed();
  return there;
}

function answered() {
  const wasAway = misses > 0;
  misses = 0;
  awayFor(true);
  $("away").hidden = true;
  if (wasAway) news.dispatchEvent(new Event("back"));
}

function missed() {
  misses += 1;
  const long = awayFor(false);
  if (long && $("ending")) $("ending").hidden = true; // it promised too much
  $("returns").hidden = long || $("state").dataset.returns === "promised";
  $("away").hidden = false;
  clearTimeout(retry);
  retry = setTimeout(look, RETRY_MS);
}

let events = null;

// Only while the page is visible: a browser has six connections to a gateway for all its tabs, and each that follows
// keeps one.
function follow() {
  events?.close();
  events = null;
  if (document.hidden) return;
  events = new EventSource("/api/events");
  events.onmessage = look;
  events.onerror = () => {
    look();
    if (events?.readyState === EventSource.CLOSED) setTimeout(follow, RETRY_MS);
  };
}

export function start() {
  localise(document);
  if (!$("state")) return;
  arrange();
  follow();
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("online", look);
  setInterval(look, LOOK_MS);
  setInterval(count, 250);
}
