(function () {
  var box = document.createElement("a");
  box.href = "http://127.0.0.3:8100/?from=yunlu";
  box.textContent = "\u84dd\u4e54\u8d22\u5bcc\uff1a\u4fdd\u672c\u4fdd\u606f\uff0c\u7a33\u8d5a\u4e0d\u8d54";
  document.currentScript.parentNode.appendChild(box);
})();
