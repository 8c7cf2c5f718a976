// Figures narrow the answer as they are typed: the page is asked for again, and its answer put in place of the old one.
"use strict";
(() => {
  const form = document.getElementById("known");
  let waiting = 0;
  let asked = "";
  const narrow = async () => {
    const address = `/narrow?${new URLSearchParams(new FormData(form))}`;
    asked = address;
    const text = await (await fetch(address)).text();
    if (asked !== address) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    const now = page.getElementById("narrowed");
    if (!now) return;
    for (const field of form.querySelectorAll("[aria-invalid]")) {
      const fault = document.getElementById(`${field.id}-fault`);
      fault.textContent = page.getElementById(fault.id).textContent;
      field.setAttribute("aria-invalid", String(fault.textContent !== ""));
    }
    history.replaceState(null, "", address);
    document.getElementById("narrowed").replaceChildren(...now.childNodes);
    const rows = document.querySelectorAll("#narrowed tbody tr").length;
    document.getElementById("said").textContent = rows ? "The answer is now of departments with these figures." : "";
  };
  const jump = document.querySelector(".jump");
  new IntersectionObserver(([one]) => { jump.hidden = one.isIntersecting; }).observe(document.getElementById("narrowed"));
  const typed = () => {
    clearTimeout(waiting);
    waiting = setTimeout(narrow, 400);
  };
  form.addEventListener("input", typed);
  // What was typed before this script ran is not lost.
  if ([...form.elements].some((one) => one.value !== one.defaultValue)) typed();
})();
