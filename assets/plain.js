// For a browser that is too old for the modules: as without any script, a page that waits loads itself again.
var seconds = document.currentScript.getAttribute("data-seconds");

if (seconds) {
  setTimeout(function () {
    if (!document.documentElement.hasAttribute("data-script")) location.reload();
  }, seconds * 1000);
}
