// Sends a file by tus 1.0: an upload that was cut off resumes where it was.
//
// It goes in pieces of about two seconds, because no browser reads an answer before it has sent all of a request: a
// refusal, a cancel from elsewhere or a new PIN is then noticed within that time.

import { ask, LOST, read } from "./http.js";
import { say } from "./words.js";

const TUS = { "Tus-Resumable": "1.0.0", Accept: "application/json" };
const PIECE_MS = 2000;
const [FIRST, LEAST, MOST] = [256 * 1024, 64 * 1024, 128 * 1024 * 1024]; // bytes of a piece
const GROWTH = 4; // of the next piece beside the last
const PAUSES_MS = [500, 1000, 2000, 4000, 8000, 15000];
const QUIET_MS = 3000; // a rate of before is not shown for longer
const SILENT_MS = 20000; // a line that takes no bytes for so long, or brings no answer, is cut and tried anew
const READ_MS = 20000; // for a piece of the file
const TRIES = 8; // that bring nothing, of a gateway that answers

const DONE = { status: 204, text: "" };
const UNREADABLE = { status: 400, text: "", message: say("unreadable") };
const STUCK = { status: 400, text: "", message: say("stuck") };

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

function isPassing({ status, code }) {
  if (code) return status === 408 || code === "other-offset" || code === "sender-there";
  return [0, 408, 502, 503, 504].includes(status); // 503: too many connections; the others: a proxy's
}

// The bytes of a part of a file, or null where it cannot be read.
function bytesOf(part) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, READ_MS, null);
    part.arrayBuffer().catch(() => null).then((bytes) => {
      clearTimeout(timer);
      resolve(bytes);
    });
  });
}

export class Upload {
  cancelled = false;
  #file;
  #show;
  #where = null;
  #asked = false; // the gateway may know of it
  #offset = 0; // of the next piece
  #confirmed = 0; // what the gateway has
  #size = FIRST; // of the next piece
  #most = MOST;
  #suspect = false; // a piece was lost, and that may have been the file's fault
  #tries = 0; // since the last progress
  #stuck = 0; // those of them that the gateway answered
  #request = null;
  #alive = () => {}; // begins the watch over the request anew
  #quiet = false;
  #wake = null;

  // `show` has the methods `progress(bytes)`, `quiet()`, `lost()` and `cancelling()`.
  constructor(file, show) {
    this.#file = file;
    this.#show = show;
  }

  // Resolves with the answer that ended it: status 204, or a refusal.
  async run() {
    let answer = await this.#attempt();
    while (!this.cancelled && isPassing(answer)) {
      this.#show.lost();
      await this.#pause();
      if (!this.cancelled) answer = await this.#attempt();
    }
    if (this.cancelled) return this.#withdraw();
    // What did not begin must not keep the gateway waiting. A refusal of the gateway's own has a code.
    if (answer.status >= 400 && !answer.code && !this.#offset) await this.#remove();
    return answer;
  }

  // Carried out at once, or as soon as the gateway answers.
  cancel() {
    this.cancelled = true;
    this.#request?.abort();
    this.#wake?.();
  }

  // The gateway answers again: do not wait any longer.
  hurry() {
    this.#tries = 0;
    if (this.#quiet) this.#request?.abort();
    this.#wake?.();
  }

  // What the gateway has of the upload of this id, by its own count. The browser's count runs ahead of it, by all that
  // waits in buffers on the way.
  confirm(id, bytes) {
    if (!this.#where?.endsWith(`/${id}`) || bytes <= this.#confirmed) return;
    this.#confirmed = bytes;
    this.#alive();
    this.#show.progress(bytes);
  }

  async #attempt() {
    if (!this.#where) {
      const answer = await this.#create();
      if (!this.#where) return answer;
    }
    const stands = await ask("HEAD", this.#where, { headers: TUS });
    if (stands.status !== 200) return stands;
    if (!this.#reach(Number(stands.headers.get("Upload-Offset")))) this.#stuck += 1;
    if (this.#stuck > TRIES) return STUCK;
    while (this.#offset < this.#file.size && !this.cancelled) {
      const answer = await this.#piece();
      if (answer.status !== 204) return answer;
    }
    return DONE;
  }

  async #create() {
    const { name, size, lastModified } = this.#file;
    const fingerprint = `${size} ${lastModified} ${name}`;
    this.#asked = true;
    const answer = await ask("POST", "/api/uploads", {
      headers: {
        ...TUS,
        "Upload-Length": size,
        "Upload-Metadata": `filename ${base64(name)},fingerprint ${base64(fingerprint)}`,
      },
    });
    if (answer.status === 201) this.#where = answer.headers.get("Location");
    else if (!isPassing(answer)) this.#asked = false;
    return answer;
  }

  async #piece() {
    const size = Math.min(this.#size, this.#file.size - this.#offset);
    let piece = this.#file.slice(this.#offset, this.#offset + size);
    if (this.#suspect) {
      piece = await bytesOf(piece); // a browser reports a file that it cannot read as a lost connection
      if (!piece) return UNREADABLE;
    }
    const began = performance.now();
    const answer = await this.#patch(piece);
    const times = PIECE_MS / (performance.now() - began);
    this.#suspect = answer.status === 0;
    if (answer.status === 204) {
      this.#reach(this.#offset + size);
      this.#size = Math.min(Math.max(Math.round(size * Math.min(times, GROWTH)), LEAST), this.#most);
    } else if (answer.status === 0) {
      this.#size = Math.min(FIRST, this.#most);
    } else if (answer.status === 413 && !answer.code && size > LEAST && !this.cancelled) {
      this.#size = this.#most = Math.max(Math.floor(size / GROWTH), LEAST); // a proxy's limit
      return this.#piece();
    }
    return answer;
  }

  #patch(piece) {
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      let timers = [];
      const still = () => {
        timers.forEach(clearTimeout);
        this.#quiet = false;
      };
      this.#alive = () => {
        still();
        timers = [
          setTimeout(() => request.abort(), SILENT_MS),
          setTimeout(() => {
            this.#quiet = true;
            this.#show.quiet();
          }, QUIET_MS),
        ];
      };
      request.upload.onprogress = () => this.#alive();
      request.onloadend = () => {
        still();
        this.#alive = () => {};
        this.#request = null;
        resolve(request.status ? read(request.status, request.responseText) : LOST);
      };
      this.#request = request;
      request.open("PATCH", this.#where);
      for (const [name, value] of Object.entries(TUS)) request.setRequestHeader(name, value);
      request.setRequestHeader("Content-Type", "application/offset+octet-stream");
      request.setRequestHeader("Upload-Offset", this.#offset);
      this.#alive();
      request.send(piece);
    });
  }

  // Says whether it is further than before.
  #reach(offset) {
    const further = offset > this.#offset;
    if (further) this.#tries = this.#stuck = 0;
    this.#offset = this.#confirmed = offset;
    this.#show.progress(offset);
    return further;
  }

  async #withdraw() {
    this.#tries = 0;
    let answer = await this.#remove();
    while (isPassing(answer)) {
      this.#show.cancelling();
      await this.#pause();
      answer = await this.#remove();
    }
    return answer.status === 404 ? DONE : answer;
  }

  async #remove() {
    if (!this.#asked) return DONE;
    if (!this.#where) { // its answer was lost: the same request gives the same upload
      const answer = await this.#create();
      if (!this.#where) return isPassing(answer) ? answer : DONE;
    }
    return ask("DELETE", this.#where, { headers: TUS });
  }

  async #pause() {
    const pause = PAUSES_MS[Math.min(this.#tries, PAUSES_MS.length - 1)];
    this.#tries += 1;
    await new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, pause);
    });
    this.#wake = null;
  }
}
