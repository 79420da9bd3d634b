(function () {
  "use strict";
  var app = document.getElementById("app");
  function el(tag, cls, text) {
    var node = document.createElement(tag);
    if (cls) node.className = cls;
    if (text) node.textContent = text;
    return node;
  }
  function block(part) {
    var node = el(part.tag || "p", part.cls, part.text);
    if (part.href) node.href = part.href;
    (part.children || []).forEach(function (child) { node.appendChild(block(child)); });
    return node;
  }
  function draw(frame, page) {
    document.title = page.title;
    var header = el("header"), nav = el("nav"), list = el("ul");
    header.appendChild(el("strong", "logo", frame.brand));
    frame.nav.forEach(function (item) {
      var li = el("li"), a = el("a", "", item.text);
      a.href = item.href;
      li.appendChild(a);
      list.appendChild(li);
    });
    nav.appendChild(list);
    header.appendChild(nav);
    var main = el("main", "wrap");
    page.blocks.forEach(function (part) { main.appendChild(block(part)); });
    var footer = el("footer", "footer");
    frame.footer.forEach(function (line) { footer.appendChild(el("p", "", line)); });
    app.replaceChildren(header, main, footer);
  }
  var name = location.pathname.replace(/^\/|\.html$/g, "") || "index";
  Promise.all(["frame", name].map(function (part) {
    return fetch("/data/" + part + ".json").then(function (answer) { return answer.json(); });
  })).then(function (both) { draw(both[0], both[1]); });
})();
