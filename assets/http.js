// Requests to the gateway. An answer is {status, headers, text, code, message}; status 0 is none at all.

import { say } from "./words.js";

export const ANSWER_MS = 10000; // until the gateway counts as away
export const LOST = { status: 0, text: "" };

// AbortSignal.timeout() would do it in one word, but Safari has it from version 16 on, and Firefox from 100 on.
export async function ask(method, address, { headers, body, timeout = ANSWER_MS } = {}) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), timeout);
  try {
    const answer = await fetch(address, { method, headers, body, signal: control.signal });
    return read(answer.status, await answer.text(), answer.headers);
  } catch {
    return LOST;
  } finally {
    clearTimeout(timer);
  }
}

export function read(status, text, headers) {
  let error = null;
  try {
    error = JSON.parse(text).error;
  } catch {
    // a page, or nothing: an answer that is not the gateway's own
  }
  return { status, text, headers, code: error?.code, message: error?.message };
}

const FROM_A_PROXY = { 413: "proxy-limit", 502: "proxy-no-gateway", 504: "proxy-no-answer" };

export function explain({ status, message }) {
  return message ?? (status in FROM_A_PROXY ? say(FROM_A_PROXY[status]) : say("status", { status }));
}
