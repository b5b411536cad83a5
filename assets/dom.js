// The page's elements, and the line in which it reports a problem.

export const $ = (id) => document.getElementById(id);
export const page = document.body.dataset.page;

export function report(text) {
  $("problem").textContent = text;
  $("problem").hidden = !text;
  if (text) $("problem").scrollIntoView({ block: "nearest" });
}
