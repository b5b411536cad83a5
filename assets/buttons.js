// The panel's buttons, where the home page has them.

import { post } from "./post.js";

let pressed = null; // the button that is down
let presses = Promise.resolve(); // one after another: a button must not be released before it is down

function press(content) {
  presses = presses.then(() => post("/api/press", content));
}

function release() {
  if (pressed) press({ button: pressed, down: false });
  pressed = null;
}

const buttonAt = (event) => event.target.closest("#buttons button")?.value;

export function start() {
  document.addEventListener("pointerdown", (event) => {
    const button = buttonAt(event);
    if (!button || event.button) return;
    release();
    pressed = button;
    press({ button, down: true });
  });
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);
  window.addEventListener("blur", release);
  document.addEventListener("click", (event) => {
    const button = buttonAt(event);
    if (button && !event.detail) press({ button }); // by the keyboard
  });
}
