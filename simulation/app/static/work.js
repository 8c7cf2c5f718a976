// How far a piece of work is: pieces of HTML that replace one another. Closing the page does not end the work.
"use strict";
(() => {
  const work = document.getElementById("work");
  const said = document.getElementById("said");
  if (!work.dataset.stream) return;
  const stream = new EventSource(work.dataset.stream);
  stream.addEventListener("state", (event) => {
    const hadFocus = work.contains(document.activeElement);
    const before = work.querySelector("h2").textContent;
    work.innerHTML = event.data;
    const heading = work.querySelector("h2").textContent;
    if (heading !== before) said.textContent = heading;
    const next = work.querySelector("button, a");
    if (hadFocus && next) next.focus({ preventScroll: true });
  });
  stream.addEventListener("end", () => stream.close());
})();
