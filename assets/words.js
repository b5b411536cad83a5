// The sentences that the scripts show, in the reader's language: each page brings them. Facts stand in braces.

const sentences = JSON.parse(document.body.dataset.words);
const { lang } = document.documentElement;

// How dates and numbers are written: by the page's language, and where the reader has it, as in the reader's country.
export const locale = navigator.languages.find((one) => one.split("-")[0] === lang) ?? lang;

export function say(key, facts = {}) {
  return sentences[key].replace(/\{(\w+)\}/g, (_, name) => facts[name]);
}
