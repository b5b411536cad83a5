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

// The panel's code opens a page with the PIN behind the #. Any web site can do the same, in a window that it opens, so
// such a window only gets its field filled in; and no fragment is taken that comes when the page is there already.
export function start() {
  const [, fill, pin] = /^#(fill=)?([0-9]{6})$/.exec(location.hash) ?? [];
  if (!pin) return;
  // Out of the address bar first: the PIN belongs in no history and no bookmark.
  history.replaceState(null, "", location.pathname);
  const { referrer } = document;
  const foreign = window.opener || (referrer && new URL(referrer).origin !== location.origin);
  if (!fill && !foreign) signIn(pin);
  else if ($("pin")) $("pin").value = pin;
  else if (page !== "update") location.replace(`/update#fill=${pin}`);
}
