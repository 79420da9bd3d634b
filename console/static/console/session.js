// The live picture asks for itself again; without this script the page has a link that does.
(function () {
  "use strict";
  var picture = document.querySelector("[data-live]");
  if (!picture) { return; }
  var source = picture.getAttribute("data-live"), turn = 0, next = new Image();
  function ask() { turn += 1; next.src = source + "?poll=1&n=" + turn; }
  next.onload = function () { picture.src = next.src; setTimeout(ask, 600); };
  next.onerror = function () { setTimeout(ask, 1500); };
  ask();
  // one act at a time: a second press while the page still works would only be refused
  Array.prototype.forEach.call(document.querySelectorAll("form[data-act]"), function (form) {
    form.addEventListener("submit", function () { setTimeout(function () {
      Array.prototype.forEach.call(document.querySelectorAll("form[data-act] button"), function (button) { button.disabled = true; });
    }, 0); });
  });
}());
