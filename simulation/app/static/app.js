// The page of a question: what is asked is the form, and so the address; the answer comes as pieces of HTML that replace
// one another whole. Closing the stream, or the tab, ends the work.
"use strict";
(() => {
  const form = document.getElementById("question");
  const answer = document.getElementById("answer");
  const said = document.getElementById("said");
  const jump = document.querySelector(".jump");
  let stream = null;
  let announced = 0;
  let soon = 0;
  let goal = "";
  // Which questions are one visitor's, so that each visitor gets a share of the work: chance, and nothing else.
  const visitor = (() => {
    try {
      localStorage.visitor ||= crypto.randomUUID();
      return localStorage.visitor;
    } catch {
      return "";
    }
  })();

  // Words beside each slider: what is changed, and what it comes to.
  const show = (slider) => {
    const words = document.getElementById(`${slider.id}-shown`);
    const { sign, today, how, unit, none } = words.dataset;
    const value = Number(slider.value);
    if (value === 0) {
      words.textContent = none || "as today";
    } else if (none) {
      words.textContent = `${value}${sign}`;
    } else {
      const changed = `${value > 0 ? "+" : "−"}${Math.abs(value)}${sign}`;
      const whole = how === "times" ? Math.round(today * (1 + value / 100)) : Math.round(Number(today) + value);
      words.textContent = today ? `${changed}: ${whole} ${unit}` : changed;
    }
    slider.setAttribute("aria-valuetext", words.textContent);
  };

  const query = () => {
    const pairs = [...new FormData(form)].filter(([key, value]) => value && !(isSlider(key) && Number(value) === 0));
    if (form.querySelector("[name=arm]") && !form.querySelector("[name=arm]:checked")) pairs.push(["arm", ""]); // none
    return new URLSearchParams(pairs).toString();
  };
  // A change of a team is stated by four lists, and asked for as one text.
  const stateShifts = () => form.querySelectorAll("[data-shift]").forEach((row) => {
    const [pool, number, hours, days] = [...row.querySelectorAll("[data-part]")].map((part) => part.value);
    row.querySelector("[name=staff]").value = Number(number) ? `${pool} ${number} ${hours} ${days}` : "";
  });
  const isSlider = (key) => form.elements[key] instanceof HTMLInputElement && form.elements[key].type === "range";

  const stop = () => {
    if (stream) stream.close();
    stream = null;
    answer.removeAttribute("aria-busy");
  };

  // `isStopped`: only what is known is asked for, with what is said of an answer at rest.
  const ask = (most = "", isStopped = false) => {
    stop();
    clearTimeout(soon);
    if (!isStopped) {
      goal = most;
      said.textContent = "";
    }
    const asked = query();
    history.replaceState(null, "", `/?${asked}`);
    announced = 0;
    answer.setAttribute("aria-busy", "true");
    stream = new EventSource(`/stream?${asked}&visitor=${visitor}${most ? `&most=${most}` : ""}`);
    stream.addEventListener("state", (event) => swap(event.data, isStopped));
    stream.addEventListener("end", () => {
      stop();
      announce();
    });
    stream.addEventListener("error", () => {
      if (!stream || stream.readyState !== EventSource.CLOSED) return;
      stop();
      said.textContent = "The connection has ended. Press ‘Show the answer’ to go on.";
    });
  };

  // The whole answer at once, so that every number of it is of the same replications; focus stays where it was.
  const swap = (html, isStopped) => {
    const focused = answer.contains(document.activeElement) ? focusKey(document.activeElement) : null;
    const open = new Set([...answer.querySelectorAll("details[open]")].map(named));
    answer.innerHTML = html;
    answer.querySelectorAll("details").forEach((one) => { one.open ||= open.has(named(one)); });
    const heading = document.querySelector("#controls > summary"); // a question that is a file has none
    if (heading) heading.textContent = answer.querySelector(".state")?.dataset.controls || heading.textContent;
    if (isStopped) markStopped();
    delete answer.dataset.stale;
    const again = focused && [...answer.querySelectorAll("a, button, [tabindex]")].find((one) => focusKey(one) === focused);
    if (again) again.focus({ preventScroll: true });
    const count = seen();
    jump.textContent = answer.querySelector(".verdicts") ? `See the answer (n = ${count})` : "See the answer";
    if (count >= 2 * announced) announce();
  };
  const named = (details) => details.querySelector("summary").textContent;
  const seen = () => parseInt(answer.querySelector(".n")?.textContent, 10) || 0;

  // For those who listen: when the number of replications has doubled, and at the last look.
  const announce = () => {
    const verdicts = answer.querySelector(".verdicts");
    if (!verdicts) return;
    announced = Math.max(seen(), 1);
    const words = `After ${seen()} replications: ${verdicts.textContent.trim()}`;
    if (said.textContent !== words) said.textContent = words;
  };
  const focusKey = (element) => element.textContent.trim() || element.getAttribute("aria-label");

  const stopped = () => {
    stop();
    markStopped();
    if (answer.querySelector(".verdicts")) ask(parseInt(answer.querySelector(".n").textContent, 10), true);
  };

  const markStopped = () => {
    const state = answer.querySelector(".state");
    if (!state) return;
    const words = state.querySelector("span");
    if (words) words.textContent = "Stopped.";
    const button = state.querySelector("button");
    if (!button) return;
    button.textContent = "Go on";
    button.removeAttribute("data-stop");
    button.dataset.more = goal;
    answer.querySelectorAll("progress").forEach((bar) => bar.remove());
  };

  // No more policies than can be answered: the other boxes rest once so many are ticked, and why is said below the last.
  const most = document.getElementById("most");
  const heading = most?.previousElementSibling;
  const limit = (event) => {
    if (!most || (event && !["arm", "seconds"].includes(event.target.name))) return;
    const boxes = [...form.querySelectorAll("input[name=arm]")];
    const n = boxes.filter((box) => box.checked).length + (Number(form.elements.seconds.value) > 0);
    const isFull = n >= Number(most.dataset.most);
    boxes.forEach((box) => { box.disabled = isFull && !box.checked; });
    form.elements.seconds.disabled = isFull && Number(form.elements.seconds.value) === 0;
    ((isFull && event?.target.closest(".choice, .control")) || heading).after(most);
    const words = `${most.dataset.most} at most${isFull ? ": untick one to choose another" : ""}.`;
    most.textContent = words;
    boxes.forEach((box) => { box.closest(".choice").title = box.disabled ? words : ""; });
  };
  form.addEventListener("change", limit);
  limit();
  form.querySelectorAll("input[type=range]").forEach(show);
  form.addEventListener("input", (event) => { if (isSlider(event.target.name)) show(event.target); });
  // What there is today, and how far it can be changed, is the department's: asked for where it is seen or changed.
  const controls = document.getElementById("controls");
  const ofDepartment = async () => {
    const isUsed = controls.open || [...controls.querySelectorAll("input[type=range]")].some(({ value }) => Number(value) !== 0);
    controls.dataset.old = isUsed ? "" : "yes";
    if (!isUsed) return;
    const pairs = new URLSearchParams([...new FormData(form)].filter(([key]) => !isSlider(key)));
    const page = new DOMParser().parseFromString(await (await fetch(`/?${pairs}`)).text(), "text/html");
    const its = page.getElementById("controls");
    if (!its || pairs.get("department") !== form.elements.department.value) return; // another was chosen meanwhile
    const values = new Map([...controls.querySelectorAll("input[type=range]")].map((slider) => [slider.id, slider.value]));
    controls.replaceChildren(...its.children);
    controls.querySelectorAll("input[type=range]").forEach((slider) => {
      slider.value = values.get(slider.id) ?? 0;
      show(slider);
    });
  };
  controls?.addEventListener("toggle", () => { if (controls.open && controls.dataset.old) ofDepartment(); });
  const askSoon = () => { // a slider moved by a key that is held is one question
    clearTimeout(soon);
    answer.dataset.stale = "yes";
    soon = setTimeout(ask, 150);
  };
  form.addEventListener("change", async (event) => {
    if (event.target.dataset.part) stateShifts();
    askSoon();
    const before = query();
    if (event.target.id === "department") await ofDepartment();
    if (query() !== before) askSoon();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
    if (answer.getBoundingClientRect().top > innerHeight / 2) answer.scrollIntoView();
  });
  answer.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.hasAttribute("data-stop")) stopped();
    else if (button.dataset.more !== undefined) ask(button.dataset.more);
  });
  form.addEventListener("click", (event) => {
    if (event.target.id !== "as-today") return;
    controls.querySelectorAll("input[type=range]").forEach((slider) => {
      slider.value = 0;
      show(slider);
    });
    controls.querySelectorAll("[data-part=number]").forEach((one) => { one.value = 0; });
    form.elements.within.checked = form.elements.both.checked = false;
    stateShifts();
    ask();
  });
  new IntersectionObserver(([one]) => { jump.hidden = one.isIntersecting; }).observe(answer);
  addEventListener("pagehide", stop);
  if (answer.children.length) ask();
})();
