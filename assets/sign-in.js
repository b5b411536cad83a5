// Signs in: by the form, and with the PIN that the panel's QR code puts behind the #.

import { $, page } from "./dom.js";
import { post } from "./post.js";
import { look } from "./state.js";

export async function signIn(pin) {
  const typed = $("sign-in")?.contains(document.activeElement);
  if (!await post("/api/session", { pin }, forgive)) return false;
  if (page === "failure") {
    location.assign(`/${$("sign-in").elements.back.value}?signed-in`);
    return true;
  }
  if (await look()) $("no-cookie").hidden = $("state").dataset.signed === "yes";
  if (typed && $("sign-in").hidden) ($("bundle") ?? $("state")).focus(); // nothing happens where no bundle is taken
  return true;
}

const TRIED = "pin-tried";
const AGAIN_MS = 3600000;

// A window that another site opened need not show that it was. So after one wrong PIN from behind the # a person has to
// press the button, in all windows of this browser; one that keeps nothing leaves it to the person every time.
function mayTryAlone() {
  try {
    const last = Number(localStorage.getItem(TRIED));
    if (Math.abs(Date.now() - last) < AGAIN_MS) return false;
    localStorage.setItem(TRIED, Date.now());
    return true;
  } catch {
    return false;
  }
}

// Before the page shows that it is signed in: it may be left at once.
function forgive() {
  try {
    localStorage.removeItem(TRIED);
  } catch {
    // it keeps nothing
  }
}

// The panel's code opens a page with the PIN behind the #. Any web site can do the same, in a window that it opens, so
// such a window only gets its field filled in; and no fragment is taken that comes when the page is there already.
export async function start() {
  const [, fill, pin] = /^#(fill=)?([0-9]{6})$/.exec(location.hash) ?? [];
  if (!pin) return;
  // Out of the address bar first: the PIN belongs in no history and no bookmark.
  history.replaceState(null, "", location.pathname);
  const { referrer } = document;
  const foreign = window.opener || (referrer && new URL(referrer).origin !== location.origin);
  if (!fill && !foreign && mayTryAlone()) {
    await signIn(pin);
  } else if ($("pin")) $("pin").value = pin;
  else if (page !== "update") location.replace(`/update#fill=${pin}`);
}
