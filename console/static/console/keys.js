// Small helps; everything works without them.
(function () {
  "use strict";
  // j/k move between rows of a list, Enter opens
  document.addEventListener("keydown", function (event) {
    var at = document.activeElement;
    if (event.ctrlKey || event.metaKey || event.altKey || (at && /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName))) { return; }
    if (event.key !== "j" && event.key !== "k") { return; }
    var links = Array.prototype.slice.call(document.querySelectorAll("[data-keys] .row-link"));
    if (!links.length) { return; }
    var now = links.indexOf(at);
    var next = event.key === "j" ? Math.min(now + 1, links.length - 1) : Math.max(now - 1, 0);
    links[next].focus();
    event.preventDefault();
  });
  function open(all) { all.forEach(function (one) { one.open = true; }); }
  function list(what) { return Array.prototype.slice.call(document.querySelectorAll(what)); }
  // a button that opens all that is folded
  list("[data-open]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { open(list(button.getAttribute("data-open"))); button.hidden = true; });
  });
  // paper shows what the screen folds
  window.addEventListener("beforeprint", function () { open(list("main details")); });
}());
