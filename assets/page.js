// The page's script: what it starts, and what its forms do. Without it all of them are plain forms.

import * as buttons from "./buttons.js";
import { $ } from "./dom.js";
import * as drop from "./drop.js";
import { post } from "./post.js";
import * as send from "./send.js";
import * as setup from "./setup.js";
import * as signIn from "./sign-in.js";
import * as state from "./state.js";

signIn.start();
state.start();
send.start();
drop.start();
buttons.start();
setup.start();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.id === "sign-out") return; // another page comes
  event.preventDefault();
  if (form.id === "sign-in") signIn.signIn($("pin").value);
  else if (form.id === "upload") send.send($("bundle").files[0]);
  else if (form.id === "add-keys") setup.addKeys(form);
  else if (form.id !== "buttons" && setup.isMeant(form)) {
    post(form.getAttribute("action"), Object.fromEntries(new FormData(form)));
  }
});

document.documentElement.dataset.script = "runs"; // see plain.js
