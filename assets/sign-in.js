// Signs in: by the form, and with the PIN that the panel's QR code puts behind the #.

import { $, page } from "./dom.js";
import { post } from "./post.js";
import { arrange } from "./state.js";

export async function signIn(pin) {
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

export function start() {
  signInByFragment();
  window.addEventListener("hashchange", signInByFragment);
}
