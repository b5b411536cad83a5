// The set-up page: it shows a password, asks before something is forgotten, and lets no private key leave the browser.

import { $, report } from "./dom.js";
import { request } from "./post.js";
import { say } from "./words.js";

const PRIVATE = /PRIVATE KEY-----|PuTTY-User-Key-File-/i;
const MOST = 32768; // bytes: more than the gateway takes

// Whether the form's question, where it has one, is answered with yes.
export const isMeant = ({ dataset }) => !dataset.confirm || confirm(dataset.confirm);

export async function addKeys(form) {
  const file = $("key-file").files[0];
  $("keys-added").textContent = "";
  if (file?.size > MOST) {
    report(form.dataset.tooLarge);
    return;
  }
  const keys = `${$("keys").value}\n${file ? await file.text() : ""}`;
  if (PRIVATE.test(keys)) {
    form.reset();
    report(say("private-key"));
    return;
  }
  const answer = await request("/api/ssh/keys", { keys });
  if (!answer) return;
  form.reset();
  const { added, already } = JSON.parse(answer.text);
  $("keys-added").textContent = say("keys-added", { added: added.length, already: already.length });
}

export function start() {
  document.addEventListener("change", ({ target }) => {
    if (target.dataset.shows) $(target.dataset.shows).type = target.checked ? "text" : "password";
  });
}
