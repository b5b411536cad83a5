// The small requests of the page's forms, and what becomes of a refusal.

import { $, report } from "./dom.js";
import { ask, explain } from "./http.js";
import { arrange, look } from "./state.js";
import { say } from "./words.js";

// Resolves with the answer, or with null where it is a refusal or none. onDone is called before the page shows what
// follows from the answer.
export async function request(address, content, onDone) {
  const answer = await ask("POST", address, {
    headers: { Accept: "application/json", "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
  const done = answer.status >= 200 && answer.status < 300;
  if (done) {
    report("");
    onDone?.();
  } else if (answer.status) refuse(answer);
  else report(say("no-answer"));
  if ($("state")) {
    await look();
    if (answer.code && answer.code === $("state").dataset.problem) report(""); // the gateway's state says it
  }
  return done ? answer : null;
}

export const post = async (address, content, onDone) => Boolean(await request(address, content, onDone));

export function refuse(answer) {
  report(explain(answer));
  if (answer.status !== 401 || !$("sign-in")) return;
  $("sign-in").hidden = false;
  if ($("state")) {
    $("state").dataset.signed = "no"; // what the page last showed may be over
    arrange();
  }
  $("pin").focus();
  $("pin").select(); // six digits are all it takes: the next try goes over the last
}
