// What a page says is made on the gateway. This script fetches that part again when the gateway's state changes, sends
// the bundle with progress, and signs in with the PIN that the panel's QR code puts behind the #.
"use strict";

const $ = (id) => document.getElementById(id);
const page = document.body.dataset.page;
const MB = 1e6;
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

// ---- The panel's buttons, where the page has them

let pressed = null; // the button that is down
let presses = Promise.resolve(); // one after another: a button must not be let go before it is down

function press(content) {
  presses = presses.then(() => post("/api/press", content));
}

function letGo() {
  if (pressed) press({ button: pressed, down: false });
  pressed = null;
}

const buttonAt = (event) => event.target.closest("#buttons button")?.value;

document.addEventListener("pointerdown", (event) => {
  const button = buttonAt(event);
  if (!button || event.button) return;
  letGo();
  pressed = button;
  press({ button, down: true });
});
document.addEventListener("pointerup", letGo);
document.addEventListener("pointercancel", letGo);
window.addEventListener("blur", letGo);
document.addEventListener("click", (event) => {
  const button = buttonAt(event);
  if (button && !event.detail) press({ button }); // by the keyboard
});

// ---- Sending the bundle (tus 1.0: what is cut off goes on where it was)

const TUS = { "Tus-Resumable": "1.0.0", Accept: "application/json" };
const PAUSES_MS = [500, 1000, 2000, 4000, 8000, 15000];
const QUIET_MS = 3000; // a rate of before is not told for longer
const SILENT_MS = 20000; // a line that takes no bytes for so long is cut, and tried anew
const LOST = { status: 0, text: "" };
const UNREADABLE = { status: 400, words: "The file cannot be read any more: it was changed, moved or removed. Choose it again." };

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

async function ask(method, address, headers) {
  try {
    const answer = await fetch(address, {
      method, headers: { ...TUS, ...headers }, signal: AbortSignal.timeout(ANSWER_MS),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  } catch {
    return LOST;
  }
}

// Send the rest of the file; resolves with the answer however it ends.
function sendRest(where, file, offset, mine, show) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    let watch = 0;
    let quiet = 0;
    const still = () => {
      clearTimeout(watch);
      clearTimeout(quiet);
    };
    const alive = () => {
      still();
      watch = setTimeout(() => request.abort(), SILENT_MS);
      quiet = setTimeout(() => { $("sending-rate").textContent = "Nothing gets through just now."; }, QUIET_MS);
    };
    request.upload.onprogress = ({ loaded }) => { alive(); show(offset + loaded); };
    request.upload.onload = still;
    request.onloadend = () => {
      still();
      resolve({ status: request.status, text: request.responseText });
    };
    mine.request = request;
    request.open("PATCH", where);
    for (const [name, value] of Object.entries(TUS)) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/offset+octet-stream");
    request.setRequestHeader("Upload-Offset", offset);
    alive();
    request.send(file.slice(offset));
  });
}

const readable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

// One try, from wherever the upload stands; `mine.where` is kept for the next.
async function attempt(file, mine, show) {
  if (!await readable(file)) return UNREADABLE; // which the browser itself tells as a lost connection
  if (!mine.where) {
    const fingerprint = `${file.size} ${file.lastModified} ${file.name}`;
    const answer = await ask("POST", "/api/uploads", {
      "Upload-Length": file.size,
      "Upload-Metadata": `filename ${base64(file.name)},fingerprint ${base64(fingerprint)}`,
    });
    if (answer.status !== 201) return answer;
    mine.where = answer.headers.get("Location");
  }
  const stands = await ask("HEAD", mine.where);
  if (stands.status !== 200) return stands;
  const offset = Number(stands.headers.get("Upload-Offset"));
  show(offset);
  if (offset === file.size || mine.over) return { status: 204, text: "" };
  if (offset > mine.offset) mine.tries = 0; // it gets on: begin with short pauses again
  mine.offset = offset;
  return sendRest(mine.where, file, offset, mine, show);
}

function isPassing({ status, text }) {
  return status === 0 || status === 408 || (status === 503 && !text) || // the last: too many connections
    (status === 409 && /"(other-offset|sender-there)"/.test(text));
}

async function send(file) {
  const mine = {
    tries: 0, offset: 0, over: false,
    abort() { this.over = true; this.request?.abort(); this.wake?.(); },
  };
  let began = 0;
  let first = 0;
  const show = (loaded) => {
    if (!began) [began, first] = [performance.now(), loaded];
    const seconds = Math.max((performance.now() - began) / 1000, 0.1);
    const percent = Math.floor((100 * loaded) / Math.max(file.size, 1));
    const left = Math.ceil(((file.size - loaded) * seconds) / Math.max(loaded - first, 1));
    $("sending-bar").value = percent;
    $("sending-percent").textContent = `${percent} %`;
    $("sending-said").textContent = `${percent - percent % 10} %`; // for screen readers: not at every percent
    $("sending-rate").textContent = loaded === first ? "" :
      `${((loaded - first) / MB / seconds).toFixed(1)} MB/s, ${left < 90 ? `${left} s` : `${Math.ceil(left / 60)} min`} left`;
  };
  sending = mine;
  $("sending-name").textContent = file.name;
  show(0);
  began = 0;
  tell("");
  arrange();
  let answer = await attempt(file, mine, show);
  while (!mine.over && isPassing(answer)) {
    $("sending-rate").textContent = "The connection was lost. It goes on by itself.";
    const pause = PAUSES_MS[Math.min(mine.tries, PAUSES_MS.length - 1)];
    mine.tries += 1;
    await new Promise((resolve) => { mine.wake = resolve; setTimeout(resolve, pause); });
    began = 0;
    if (!mine.over) answer = await attempt(file, mine, show);
  }
  sending = null;
  const text = mine.over || answer.status < 400 ? "" : answer.words ?? (answer.status === 404 && !answer.text ?
    "The transfer was cancelled, or another took its place." : words(answer.status, answer.text));
  await look();
  arrange();
  // What the update's own state says already is not said twice.
  tell($("state").textContent.includes(text) ? "" : text);
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
$("sending-cancel")?.addEventListener("click", async () => {
  if (await post("/api/update/cancel", {})) sending?.abort();
});
document.addEventListener("submit", (event) => {
  // Without this script all of these are plain forms.
  event.preventDefault();
  const form = event.target;
  if (form.id === "sign-in") signIn($("pin").value);
  else if (form.id === "upload") send($("bundle").files[0]);
  else if (form.id !== "buttons") post(form.getAttribute("action"), {});
});
