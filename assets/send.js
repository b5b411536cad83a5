// The transfer of a bundle as the page shows it.

import { $, report } from "./dom.js";
import { refuse } from "./post.js";
import { arrange, look, news } from "./state.js";
import { Upload } from "./upload.js";
import { locale, say } from "./words.js";

const MB = 1e6;
const TENTHS = { minimumFractionDigits: 1, maximumFractionDigits: 1 };

let sending = null; // the upload that this page sends
let leaves = false; // the owner has been asked

function left(seconds) {
  if (seconds < 90) return say("seconds", { count: Math.ceil(seconds) });
  return say("minutes", { count: Math.ceil(seconds / 60) });
}

class Shown {
  #size;
  #began = 0; // when the rate's measure began, and at which byte
  #first = 0;

  constructor(size) {
    this.#size = Math.max(size, 1);
  }

  progress(bytes) {
    if (!this.#began) [this.#began, this.#first] = [performance.now(), bytes];
    const seconds = Math.max((performance.now() - this.#began) / 1000, 0.1);
    const percent = Math.floor((100 * bytes) / this.#size);
    const sent = bytes - this.#first;
    $("sending-bar").value = percent;
    $("sending-percent").textContent = say("percent", { percent });
    $("sending-said").textContent = say("percent", { percent: percent - percent % 10 }); // heard, so in tens
    const rate = (sent / MB / seconds).toLocaleString(locale, TENTHS);
    $("sending-rate").textContent = sent <= 0 ? "" :
      say("rate", { rate, left: left(((this.#size - bytes) * seconds) / sent) });
    document.title = say("transfer", { percent });
  }

  quiet() {
    $("sending-rate").textContent = say("quiet");
  }

  restart() {
    this.#began = 0;
  }

  lost() {
    this.restart();
    $("sending-rate").textContent = say("lost");
  }

  cancelling() {
    $("sending-rate").textContent = say("cancelling");
  }
}

export async function send(file) {
  $("sending-name").textContent = file.name;
  const shown = new Shown(file.size);
  shown.progress(0);
  shown.restart(); // the first bytes may have been there already
  report("");
  sending = new Upload(file, shown);
  $("sending").hidden = false;
  $("sending-cancel").hidden = false;
  $("sending-cancel").focus(); // the form that had it is hidden
  arrange();
  const answer = await sending.run();
  const had = $("sending").contains(document.activeElement);
  sending = null;
  $("sending").hidden = true;
  await look();
  arrange();
  if (had) $("state").focus();
  if (answer.status < 400) return;
  if (answer.status === 404) report(say("replaced"));
  else if (answer.code && answer.code === $("state").dataset.explains) report(""); // the update's own state says it
  else refuse(answer);
}

function cancel() {
  sending?.cancel();
  $("sending").focus();
  $("sending-cancel").hidden = true;
}

// A page that is left sends no more. Safari on iOS does not ask the reader, so the page's own links do.
function ask(event) {
  const link = event.target.closest("a[href]");
  if (!sending || !link || link.target || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (confirm(say("leave"))) leaves = true;
  else event.preventDefault();
}

function askBefore(event) {
  if (!sending || leaves) return;
  event.preventDefault();
  event.returnValue = ""; // what Safari, and Chrome before version 119, go by
}

export function start() {
  if (!$("sending")) return;
  $("sending-cancel").addEventListener("click", cancel);
  news.addEventListener("back", () => sending?.hurry());
  news.addEventListener("change", () => {
    const { update, received } = $("state").dataset;
    sending?.confirm(update, Number(received));
  });
  document.addEventListener("click", ask);
  window.addEventListener("beforeunload", askBefore);
}
