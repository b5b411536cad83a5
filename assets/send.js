// Sends the bundle, with progress, by tus 1.0: a transfer that was cut off resumes where it was.

import { $, report } from "./dom.js";
import { ask, LOST, read } from "./http.js";
import { post, refuse } from "./post.js";
import { arrange, look } from "./state.js";

const MB = 1e6;
const TUS = { "Tus-Resumable": "1.0.0", Accept: "application/json" };
const PAUSES_MS = [500, 1000, 2000, 4000, 8000, 15000];
const QUIET_MS = 3000; // a rate of before is not told for longer
const SILENT_MS = 20000; // a line that takes no bytes for so long is cut, and tried anew
const UNREADABLE = { status: 400, text: "", message: "The file cannot be read any more: it was changed, moved or removed. Choose it again." };

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

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
      resolve(request.status ? read(request.status, request.responseText) : LOST);
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
      headers: {
        ...TUS,
        "Upload-Length": file.size,
        "Upload-Metadata": `filename ${base64(file.name)},fingerprint ${base64(fingerprint)}`,
      },
    });
    if (answer.status !== 201) return answer;
    mine.where = answer.headers.get("Location");
  }
  const stands = await ask("HEAD", mine.where, { headers: TUS });
  if (stands.status !== 200) return stands;
  const offset = Number(stands.headers.get("Upload-Offset"));
  show(offset);
  if (offset === file.size || mine.over) return { status: 204, text: "" };
  if (offset > mine.offset) mine.tries = 0; // it gets on: begin with short pauses again
  mine.offset = offset;
  return sendRest(mine.where, file, offset, mine, show);
}

function isPassing({ status, text, code }) {
  return status === 0 || status === 408 || (status === 503 && !text) || // the last: too many connections
    code === "other-offset" || code === "sender-there";
}

let sending = null; // the upload that this page sends

export async function send(file) {
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
  report("");
  $("sending").hidden = false;
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
  $("sending").hidden = true;
  await look();
  arrange();
  if (mine.over || answer.status < 400) return;
  if (answer.status === 404 && !answer.text) report("The transfer was cancelled, or another took its place.");
  else if (answer.code && answer.code === $("state").dataset.explains) report(""); // the update's own state says it
  else refuse(answer);
}

export function start() {
  $("sending-cancel")?.addEventListener("click", async () => {
    if (await post("/api/update/cancel", {})) sending?.abort();
  });
}
