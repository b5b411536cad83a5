// What a page says is made on the gateway. This module fetches that part again when the gateway's state changes.

import { awayFor } from "./address.js";
import { $, page } from "./dom.js";
import { ask } from "./http.js";

const RETRY_MS = 2000;
const LOOK_MS = 15000; // a connection to a gateway that lost its power does not end by itself

// ---- The part that the gateway makes

async function refresh() {
  const answer = await ask("GET", `${location.pathname}?part`, { headers: { Accept: "text/html" } });
  if (!answer.status || answer.status >= 500) return false;
  const part = new DOMParser().parseFromString(answer.text, "text/html").getElementById("state");
  const now = $("state");
  // After a reboot another version of this page may be there, and the session is over.
  if (!part || part.dataset.boot !== now.dataset.boot || part.dataset.mark !== now.dataset.mark) {
    location.reload();
    return true;
  }
  localise(part);
  morph(now, part);
  arrange();
  return true;
}

// Change only what differs: the keyboard's focus, an opened detail and the panel's picture stay.
function morph(from, to) {
  for (const { name, value } of to.attributes) if (from.getAttribute(name) !== value) from.setAttribute(name, value);
  for (const name of from.getAttributeNames()) if (name !== "open" && !to.hasAttribute(name)) from.removeAttribute(name);
  const before = [...from.childNodes];
  const after = [...to.childNodes];
  after.forEach((node, index) => {
    const old = before[index];
    if (!old) from.append(node);
    else if (old.nodeName !== node.nodeName) old.replaceWith(node);
    else if (old.nodeType === Node.ELEMENT_NODE) morph(old, node);
    else if (old.data !== node.data) old.data = node.data;
  });
  before.slice(after.length).forEach((node) => node.remove());
}

function localise(part) {
  for (const time of part.querySelectorAll("time")) time.textContent = new Date(time.dateTime).toLocaleString();
}

// Show around that part what goes with it.
export function arrange() {
  if (page !== "update") return;
  count();
  const { phase, open } = $("state").dataset;
  const sending = !$("sending").hidden;
  $("state").hidden = sending && ["idle", "failed", "receiving"].includes(phase);
  if ($("sign-out")) $("sign-out").hidden = !$("sign-in").hidden;
  $("upload").hidden = open !== "yes" || sending || !$("sign-in").hidden;
}

let goesDownAt = 0; // when the gateway has gone down, at the latest

function count() {
  const seconds = $("countdown");
  if (!seconds) {
    goesDownAt = 0;
    return;
  }
  goesDownAt ||= performance.now() + seconds.textContent * 1000;
  seconds.textContent = Math.max(0, Math.ceil((goesDownAt - performance.now()) / 1000));
}

// ---- Following the gateway's state

let looking = null; // what shows the newest state when it is done
let again = false;

// One look at a time, and one more if something came meanwhile: the newest state wins.
export function look() {
  again = true;
  looking ??= lookUntilNewest().finally(() => { looking = null; });
  return looking;
}

async function lookUntilNewest() {
  let there = true;
  while (again && there) {
    again = false;
    there = await refresh();
  }
  $("returns").hidden = awayFor(there) || $("state").dataset.returns === "promised";
  $("away").hidden = there;
  if (!there) setTimeout(look, RETRY_MS);
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
  setInterval(look, LOOK_MS);
  setInterval(count, 250);
}
