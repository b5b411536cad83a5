// The transfer of a bundle as the page shows it.

import { $, report } from "./dom.js";
import { refuse } from "./post.js";
import { arrange, look, news } from "./state.js";
import { Upload } from "./upload.js";

const MB = 1e6;

let sending = null; // the upload that this page sends
let leaves = false; // the owner has been asked

function left(seconds) {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
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
    $("sending-percent").textContent = `${percent} %`;
    $("sending-said").textContent = `${percent - percent % 10} %`; // for screen readers: not at every percent
    $("sending-rate").textContent = sent <= 0 ? "" :
      `${(sent / MB / seconds).toFixed(1)} MB/s, ${left(((this.#size - bytes) * seconds) / sent)} left`;
    document.title = $("sending").dataset.title.replace("{percent}", `${percent} %`);
  }

  quiet() {
    $("sending-rate").textContent = "No data gets through at the moment.";
  }

  restart() {
    this.#began = 0;
  }

  lost() {
    this.restart();
    $("sending-rate").textContent = "The connection was lost. The transfer resumes by itself.";
  }

  cancelling() {
    $("sending-rate").textContent =
      "The gateway does not answer. The transfer is stopped here, and cancelled there as soon as it answers.";
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
  if (answer.status === 404) report("The transfer was cancelled, or another took its place.");
  else if (answer.code && answer.code === $("state").dataset.explains) report(""); // the update's own state says it
  else refuse(answer);
}

function cancel() {
  sending?.cancel();
  $("sending").focus();
  $("sending-cancel").hidden = true;
}

// A page that is left sends no more. Safari on iOS asks nobody, so the page's own links do.
function ask(event) {
  const link = event.target.closest("a[href]");
  if (!sending || !link || link.target || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (confirm("The transfer stops when you leave this page. Leave it?")) leaves = true;
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
