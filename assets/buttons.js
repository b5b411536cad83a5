// The panel's buttons, where the home page has them.
"use strict";

let pressed = null; // the button that is down
let presses = Promise.resolve(); // one after another: a button must not be let go before it is down

function press(content) {
  presses = presses.then(() => post("/api/press", content));
}

function letGo() {
  if (pressed) press({ button: pressed, down: false });
  pressed = null;
}

const buttonAt = (event) => event.target.closest("#buttons button")?.value;

document.addEventListener("pointerdown", (event) => {
  const button = buttonAt(event);
  if (!button || event.button) return;
  letGo();
  pressed = button;
  press({ button, down: true });
});
document.addEventListener("pointerup", letGo);
document.addEventListener("pointercancel", letGo);
window.addEventListener("blur", letGo);
document.addEventListener("click", (event) => {
  const button = buttonAt(event);
  if (button && !event.detail) press({ button }); // by the keyboard
});
