// A gateway that stays away may have another address: after an update the router may give it one. Then the page points
// to the panel and to the gateway's name on the local network, and goes there where that answers.

import { $ } from "./dom.js";
import { ask } from "./http.js";

const PATIENCE_MS = 150000; // an update's restart takes one or two minutes

let since = 0; // when the gateway went away
let trying = false;

export function awayFor(there) {
  if (there) since = 0;
  else since ||= performance.now();
  const long = !there && performance.now() - since >= PATIENCE_MS;
  $("moved").hidden = !long;
  for (const promise of document.querySelectorAll(".promise")) promise.hidden = long;
  if (long) point();
  return long;
}

function point() {
  const named = $("state").dataset.local;
  const other = named && new URL(named).host !== location.host; // this page's own address is asked all the time
  $("by-name").hidden = !other;
  if (!other) return;
  $("named").href = named + location.pathname.slice(1);
  $("named").textContent = named;
  // Not from a page by https, where a browser asks nothing by http, and not from one that has a file to send.
  if (location.protocol === "http:" && $("sending")?.hidden !== false) follow(named);
}

// Another gateway may have the same name, so the one that answers must be this one.
async function follow(named) {
  if (trying) return;
  trying = true;
  const answer = await ask("GET", `${named}api/gateways/${$("state").dataset.gateway}`);
  if (answer.status === 204) location.assign($("named").href);
  trying = false;
}
