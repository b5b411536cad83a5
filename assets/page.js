// What a page says is made on the gateway. This script fetches that part again when the gateway's state changes, and
// signs in with the PIN that the panel's QR code puts behind the #. send.js, drop.js and buttons.js stand on it.
"use strict";

const $ = (id) => document.getElementById(id);
const page = document.body.dataset.page;
const ANSWER_MS = 10000; // until the gateway counts as away
const RETRY_MS = 2000;
const LOOK_MS = 15000; // a connection to a gateway that lost its power does not end by itself

let sending = null; // the upload that this page sends

// ---- The part that the gateway makes

async function refresh() {
  const answer = await fetch(`${location.pathname}?part`, {
    headers: { Accept: "text/html" }, signal: AbortSignal.timeout(ANSWER_MS),
  });
  const part = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("state");
  const now = $("state");
  if (answer.status >= 500) throw new Error(answer.statusText);
  // After a reboot another version of this page may be there, and the session is over.
  if (!part || part.dataset.boot !== now.dataset.boot || part.dataset.mark !== now.dataset.mark) {
    location.reload();
    return;
  }
  localise(part);
  morph(now, part);
  arrange();
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
function arrange() {
  if (page !== "update") return;
  count();
  const { phase, open } = $("state").dataset;
  $("sending").hidden = !sending;
  $("state").hidden = Boolean(sending) && ["idle", "failed", "receiving"].includes(phase);
  $("upload").hidden = open !== "yes" || Boolean(sending) || !$("sign-in").hidden;
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
function look() {
  again = true;
  looking ??= lookUntilNewest().finally(() => { looking = null; });
  return looking;
}

async function lookUntilNewest() {
  try {
    while (again) {
      again = false;
      await refresh();
    }
    $("away").hidden = true;
  } catch {
    $("returns").hidden = /page (comes|to come) back/.test($("state").textContent); // said there already
    $("away").hidden = false;
    setTimeout(look, RETRY_MS);
  }
}

let events = null;

// Only while somebody looks: a browser has six connections to a gateway for all its tabs, and each that follows keeps one.
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

// ---- Signing in, and the other small requests

function tell(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

async function post(address, content) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: JSON.stringify(content),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  } catch {
    tell("The gateway does not answer. Try again.");
    return false;
  }
  tell(answer.ok ? "" : words(answer.status, await answer.text()));
  if ($("state")) look();
  return answer.ok;
}

function words(status, text) {
  if (status === 401 && $("sign-in")) {
    $("sign-in").hidden = false;
    $("pin").focus();
    arrange();
  }
  try {
    return JSON.parse(text).error.message;
  } catch {
    return `The gateway answered ${status}.`;
  }
}

async function signIn(pin) {
  if (!await post("/api/session", { pin })) {
    $("pin")?.select(); // six digits are all it takes: the next try goes over the last
    return;
  }
  if (page === "failure") {
    location.assign("/update");
    return;
  }
  if (!$("sign-in")) return;
  const typed = $("sign-in").contains(document.activeElement);
  $("sign-in").hidden = true;
  arrange();
  if (typed) $("bundle").focus(); // does nothing where no bundle is taken
}

function signInByFragment() {
  const pin = location.hash.slice(1);
  if (!/^[0-9]{6}$/.test(pin)) return;
  // Out of the address bar first: the PIN belongs in no history and no bookmark.
  history.replaceState(null, "", location.pathname);
  signIn(pin);
}

// ---- What the page does

localise(document);
signInByFragment();
window.addEventListener("hashchange", signInByFragment);
if ($("state")) {
  arrange();
  follow();
  document.addEventListener("visibilitychange", follow);
  setInterval(look, LOOK_MS);
  setInterval(count, 250);
}
document.addEventListener("submit", (event) => {
  // Without this script all of these are plain forms.
  event.preventDefault();
  const form = event.target;
  if (form.id === "sign-in") signIn($("pin").value);
  else if (form.id === "upload") send($("bundle").files[0]);
  else if (form.id !== "buttons") post(form.getAttribute("action"), {});
});
