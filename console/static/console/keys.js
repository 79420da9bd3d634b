// j/k move between rows of a list, Enter opens; everything works without it.
(function () {
  "use strict";
  var tables = document.querySelectorAll("[data-keys]");
  if (!tables.length) { return; }
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
}());
