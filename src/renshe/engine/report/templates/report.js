// Search, filter and sort of the rule table. The page is complete without it.
(function () {
  "use strict";
  // A box that scrolls must be reachable by keyboard.
  function reach() {
    document.querySelectorAll(".scroll, figure").forEach(function (box) {
      if (box.scrollWidth > box.clientWidth) { box.tabIndex = 0; }
    });
  }
  reach();
  document.addEventListener("toggle", reach, true);
  var table = document.getElementById("rule-table");
  var tools = document.getElementById("tools");
  if (!table || !tools) { return; }
  var bodies = Array.prototype.slice.call(table.tBodies);
  var find = document.getElementById("find");
  var severity = document.getElementById("severity");
  var kind = document.getElementById("class");
  var hits = document.getElementById("hits");
  tools.hidden = false;
  tools.addEventListener("submit", function (event) { event.preventDefault(); });

  function filter() {
    var word = find.value.trim().toLowerCase();
    var shown = 0;
    bodies.forEach(function (body) {
      var data = body.dataset;
      var keep = (!word || data.text.toLowerCase().indexOf(word) >= 0) &&
        (!severity.value || data.severity === severity.value) && (!kind.value || data.class === kind.value);
      body.hidden = !keep;
      shown += keep ? 1 : 0;
    });
    hits.textContent = "显示 " + shown + " / " + bodies.length + " 条";
  }
  [find, severity, kind].forEach(function (part) { part.addEventListener("input", filter); });

  function sort(head, name) {
    var numeric = head.classList.contains("n");
    var down = head.getAttribute("aria-sort") ? head.getAttribute("aria-sort") === "ascending" : numeric;
    table.querySelectorAll("[aria-sort]").forEach(function (other) { other.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    bodies.sort(function (a, b) {
      var order = numeric ? a.dataset[name] - b.dataset[name] : a.dataset[name].localeCompare(b.dataset[name], "zh");
      return down ? -order : order;
    });
    bodies.forEach(function (body) { table.appendChild(body); });
  }
  table.querySelectorAll("th[data-sort]").forEach(function (head) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.appendChild(button);
    button.addEventListener("click", function () { sort(head, head.dataset.sort); });
  });
  filter();
}());
