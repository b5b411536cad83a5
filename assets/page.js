// What a page says is made on the gateway. This script fetches that part again when the gateway's state changes, sends
// the bundle with progress, and signs in with the PIN that the panel's QR code puts behind the #.
"use strict";

const page = document.body.dataset.page;
const $ = (id) => document.getElementById(id);
let sending = null;

async function refresh() {
  const answer = await fetch(`${location.pathname}?part`, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const part = document.createRange().createContextualFragment(await answer.text()).firstElementChild;
  const before = $("state").dataset.phase;
  $("state").replaceWith(part);
  arrange(before);
}

// Show what goes with the phase around the part that the gateway made.
function arrange(before) {
  if (page !== "update") return;
  const phase = $("state").dataset.phase;
  const open = phase === "idle" || phase === "failed";
  $("state").hidden = sending !== null && phase === "receiving";
  $("upload").hidden = !open || sending !== null || !$("sign-in").hidden;
  if (phase === "failed" && before && before !== "failed") $("problem").hidden = true;
}

// One refresh at a time, and one more if something came meanwhile: the newest state wins.
let running = false;
let again = false;
async function changed() {
  if (running) { again = true; return; }
  running = true;
  try {
    do { again = false; await refresh(); } while (again);
  } catch {
    // The connection is gone; the event source notices and says so.
  } finally {
    running = false;
  }
}

function follow() {
  const events = new EventSource("/api/events");
  events.onmessage = () => { $("away").hidden = true; changed(); };
  events.onerror = () => {
    $("away").hidden = false;
    if (events.readyState === EventSource.CLOSED) { setTimeout(follow, 2000); }
  };
}

function tell(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
}

async function words(answer) {
  try {
    return (await answer.json()).error.message;
  } catch {
    return `The gateway answered ${answer.status}.`;
  }
}

async function signIn(pin) {
  const answer = await fetch("/api/session", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ pin }),
  });
  if (!answer.ok) { tell(await words(answer)); return; }
  tell("");
  if (page !== "update") { location.assign("/update"); return; }
  $("sign-in").hidden = true;
  arrange();
}

const MIB = 1024 * 1024;
function send(file) {
  const request = new XMLHttpRequest();
  const form = new FormData();
  form.append("bundle", file, file.name);
  const began = performance.now();
  sending = request;
  $("sending-name").textContent = file.name;
  $("sending-bar").value = 0;
  $("sending").hidden = false;
  tell("");
  arrange();
  request.upload.onprogress = (event) => {
    const seconds = (performance.now() - began) / 1000;
    const rate = event.loaded / Math.max(seconds, 0.001);
    const percent = Math.floor((100 * event.loaded) / event.total);
    $("sending-bar").value = percent;
    $("sending-percent").textContent = `${percent} %`;
    const left = Math.ceil((event.total - event.loaded) / rate);
    $("sending-rate").textContent = `${(rate / MIB).toFixed(1)} MiB/s, ${left < 90 ? `${left} s` : `${Math.ceil(left / 60)} min`} left`;
  };
  const end = (text) => { sending = null; $("sending").hidden = true; tell(text); arrange(); changed(); };
  request.upload.onload = () => { sending = null; $("sending").hidden = true; arrange(); };
  request.onload = () => {
    let text = "";
    if (request.status >= 400) {
      try { text = JSON.parse(request.responseText).error.message; } catch { text = `The gateway answered ${request.status}.`; }
      // What RAUC refused stands in the state already, with its details.
      if (request.status === 422) text = "";
      if (request.status === 401) $("sign-in").hidden = false;
    }
    end(text);
  };
  request.onerror = () => end("The connection was lost. Nothing was changed; send the bundle again.");
  request.onabort = () => end("");
  request.open("POST", "/update");
  request.setRequestHeader("Accept", "application/json");
  request.send(form);
}

if (location.hash) {
  // Out of the address bar at once: the PIN belongs in no history and no bookmark.
  const pin = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
  if (/^[0-9]{6}$/.test(pin)) signIn(pin);
}

if (page === "update") {
  $("sign-in").addEventListener("submit", (event) => { event.preventDefault(); signIn($("pin").value); });
  $("upload").addEventListener("submit", (event) => {
    event.preventDefault();
    const [file] = $("bundle").files;
    if (file) send(file);
  });
  $("sending-cancel").addEventListener("click", () => { if (sending) sending.abort(); });
  // Buttons in the part that the gateway made: without this script they are plain forms.
  document.addEventListener("submit", async (event) => {
    if (!event.target.matches("form.action")) return;
    event.preventDefault();
    const answer = await fetch(event.target.getAttribute("action"), { method: "POST" });
    if (answer.status === 401) $("sign-in").hidden = false;
    if (!answer.ok) tell(await words(answer));
  });
}

if (page === "home" || page === "update") { follow(); }
