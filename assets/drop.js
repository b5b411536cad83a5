// A bundle may be dropped anywhere on the OTA page. Beside a file's field a browser takes a dropped file for an
// address, and leaves the page for it; on these pages that is prevented.

import { $, report } from "./dom.js";
import { say } from "./words.js";

const OVER_MS = 1000; // a browser reports at least twice as often that a file is held over the page

let away = 0;

const takesFile = () => Boolean($("upload")) && !$("upload").hidden;

function hint(shown) {
  clearTimeout(away);
  if ($("drop")) $("drop").hidden = !shown;
}

function take(files) {
  $("bundle").files = files;
  report("");
  $("upload").querySelector("button").focus();
}

export function start() {
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files") || event.target.id === "key-file") return;
    event.preventDefault();
    event.dataTransfer.dropEffect = takesFile() ? "copy" : "none";
    hint(takesFile());
    away = setTimeout(hint, OVER_MS, false);
  });
  document.addEventListener("drop", (event) => {
    const { types, files } = event.dataTransfer;
    if (!types.includes("Files") || event.target.id === "key-file") return;
    event.preventDefault();
    hint(false);
    if (!takesFile()) return;
    if (files.length === 1) take(files);
    else report(say("one-file"));
  });
  if ($("drop")) $("drops").hidden = false;
}
