"use strict";
/* A day of one or two arms, drawn from what `animation.py` wrote into the page. Points in time are whole ticks.

   content.people         source (a text), number, tick of arrival, then texts: how they came, who they are, true level
   content.arms[].people  for each of these 0, or: how it ends (a text), ticks from arrival to departure (-1: not yet),
                          activities (kind, ticks waiting, ticks at work; -1: not over), notes (ticks from arrival, text),
                          changes of class while waiting (activity, ticks from arrival, class, level)
   content.kinds          of activities: step, words for the place (a text; -1: none), outcome, class while waiting, level
   content.arms[].rule    by class: what it gains a tick if `accumulating`, else its rank */
(() => {
  const element = (id) => document.getElementById(id);
  const content = JSON.parse(element("content").textContent);
  const { ticks: minute, begins, areas, steps, classes, kinds, texts, words, people } = content;
  const day = 1440 * minute, ends = begins + day;

  // --- who is where ---------------------------------------------------------------------------------------------

  const arms = content.arms.map((arm) => ({ ...arm, courses: arm.people.map(course) }));

  function course(record, person) {
    if (!record) return null;
    const [outcome, stay, numbers, notes, changes] = record, arrived = people[person][2], activities = [];
    const after = (tick, length) => (length < 0 ? Infinity : tick + length);
    for (let n = 0, joined = arrived; n < numbers.length; n += 3) {
      const [step, place, result, waitsAs, level] = kinds[numbers[n]];
      const begun = after(joined, numbers[n + 1]), ended = after(begun, numbers[n + 2]);
      activities.push({ step, place, result, joined, begun, ended, classes: [[joined, waitsAs, level]] });
      joined = ended;
    }
    for (let n = 0; n < changes.length; n += 4) {
      activities[changes[n]].classes.push([arrived + changes[n + 1], changes[n + 2], changes[n + 3]]);
    }
    for (const one of activities) one.classes.sort((a, b) => a[0] - b[0]);
    return { outcome, arrived, departed: after(arrived, stay), activities, notes };
  }

  /* By area, who is being seen and who waits under an arm at an instant, the next to be served first. */
  function state(arm, at) {
    const byArea = areas.map(() => ({ seen: [], waiting: [] }));
    arm.courses.forEach((one, person) => {
      const activity = one && one.arrived <= at && at < one.departed && one.activities.find((each) => at < each.ended);
      if (!activity) return;
      const [, waitsAs, level] = activity.classes.findLast((each) => each[0] <= at);
      const waits = at < activity.begun, { step, joined } = activity, weight = arm.rule[waitsAs];
      const key = !waits ? activity.begun : arm.accumulating ? -weight * (at - joined) : weight;
      byArea[steps[step][1]][waits ? "waiting" : "seen"].push({ person, level, waits, step, joined, key });
    });
    const before = (a, b) => a.key - b.key || a.joined - b.joined || a.person - b.person;
    for (const { seen, waiting } of byArea) [seen, waiting].forEach((all) => all.sort(before));
    return byArea;
  }

  /* The most who are seen and who wait in each area at any time of the day, under any arm. */
  function mostAtOnce() {
    const most = areas.map(() => ({ seen: 0, waiting: 0 }));
    for (const { courses } of arms) {
      const spans = courses.flatMap((one) => (one ? one.activities : [])).flatMap(({ step, joined, begun, ended }) => [
        [joined, 1, step, "waiting"], [begun, -1, step, "waiting"], [begun, 1, step, "seen"], [ended, -1, step, "seen"],
      ]);
      const now = areas.map(() => ({ seen: 0, waiting: 0 }));
      for (const [at, by, step, what] of spans.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
        const area = steps[step][1], count = (now[area][what] += by);
        if (begins <= at && at < ends) most[area][what] = Math.max(most[area][what], count, count - by);
      }
    }
    return most;
  }

  // --- words ----------------------------------------------------------------------------------------------------

  const two = (number) => String(number).padStart(2, "0");
  const fill = (template, ...values) => template.split("{}").reduce((all, part, n) => all + values[n - 1] + part);
  const named = (person) => `${texts[people[person][0]]}-${people[person][1]}`;

  function clock(at, withDay = false) {
    const minutes = Math.floor(at / minute), time = `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
    return withDay ? `${content.weekdays[Math.floor(at / day) % 7]} ${time}` : time;
  }

  function span(length) {
    const minutes = length / minute, whole = minutes % 1 === 0.5 ? 2 * Math.round(minutes / 2) : Math.round(minutes);
    return whole >= 120 ? `${Math.floor(whole / 60)} h ${two(whole % 60)} min` : `${whole} min`;
  }

  function told({ step, place, result, joined, begun, ended }, at) {
    const name = steps[step][0] + (place < 0 ? "" : texts[place]), waited = (until) => fill(words.waited, ` ${span(until - joined)}`, name);
    if (at < begun) return waited(at) + words.open;
    if (result === "left" || result === "blocked") return waited(begun) + words[result];
    const long = at < ended || ended - begun >= minute / 2, took = at < ended ? words.goes_on : fill(words.took, span(ended - begun));
    if (begun - joined >= minute / 2) return waited(begun) + (long ? fill(words.which, took) : "");
    return long ? `${name} ${took}` : "";
  }

  /* A patient's story under an arm up to an instant, a line an event, as `patient_story.py` tells it. */
  function story(arm, person, at) {
    const one = arm.courses[person], lines = [], notes = [];
    if (!one) return [words.none];
    for (let n = 0; n < one.notes.length; n += 2) notes.push([one.arrived + one.notes[n], texts[one.notes[n + 1]]]);
    notes.sort((a, b) => a[0] - b[0]);
    const say = (tick, text) => text && lines.push(`${clock(tick)}  ${text}`);
    const sayNotes = (until) => { while (notes.length && notes[0][0] <= until) say(...notes.shift()); };
    for (const each of one.activities.filter(({ joined }) => joined <= at)) {
      sayNotes(each.joined);
      say(each.joined, told(each, at));
    }
    sayNotes(at);
    const stay = fill(words.departed, span(one.departed - one.arrived));
    if (one.departed <= at) lines.push(`${clock(one.departed, true)}  ${texts[one.outcome]}, ${stay}`);
    return lines;
  }

  function introduction(person) {
    const [, , arrived, came, ...others] = people[person], level = texts[others.pop()], who = others.map((one) => texts[one]).join(", ");
    return `Arrived ${clock(arrived, true)} ${texts[came]}.${who && ` ${who[0].toUpperCase()}${who.slice(1).toLowerCase()}.`}${level}`;
  }

  // --- the picture ----------------------------------------------------------------------------------------------

  const canvas = element("picture"), pen = canvas.getContext("2d"), most = mostAtOnce();
  const shown = areas.map((_, area) => area).filter((area) => most[area].seen + most[area].waiting);
  const gap = 32, [INK, QUIET, LINE, TITLE] = ["#212b32", "#425563", "#d8dde0", "#003087"];
  const onDark = (colour) => (colour === TITLE ? "#fff" : "#000");
  let layout, now = begins + 720 * minute, states = [], places = arms.map(() => new Map()), selected = -1;

  /* Rows of places for each area, small enough for the window if that can be: those who are seen to the left of a line,
     those who wait to its right. */
  function layOut() {
    const width = canvas.clientWidth, wide = width >= 700 || arms.length < 2;
    const room = innerHeight - scrollY - canvas.getBoundingClientRect().top - 10;
    for (const pitch of wide ? [20, 19, 18, 17] : [17]) if (laidOut(width, wide, pitch) <= room) break;
    canvas.style.height = `${layout.top}px`;
    [canvas.width, canvas.height] = [width, layout.top].map((size) => Math.round(size * layout.scale));
  }

  function laidOut(width, wide, pitch) {
    const cell = wide ? (width - gap * (arms.length - 1)) / arms.length : width;
    const least = wide ? 5 : 2, across = Math.max(Math.floor(cell / pitch) - 1, 2 * least);
    const deep = (area, split) => Math.max(1, Math.ceil(most[area].seen / split), Math.ceil(most[area].waiting / (across - split)));
    const height = (split) => shown.reduce((sum, area) => sum + deep(area, split), 0);
    const split = Array.from({ length: across - least }, (_, n) => n + least).reduce((a, b) => (height(b) < height(a) ? b : a));
    let top = wide ? 40 : 2;
    const rows = shown.map((area) => {
      const rows = deep(area, split), block = rows * pitch + (wide ? 0 : 20), first = top + (wide ? 21 : 40);
      const cells = arms.map((_, n) => (wide ? [n * (cell + gap), first] : [0, first + n * block]));
      const row = { area, rows, top, cells };
      top += (wide ? 25 : 36) + block * (wide ? 1 : arms.length);
      return row;
    });
    layout = { width, wide, pitch, cell, split: (split + 0.5) * pitch, rows, top, scale: window.devicePixelRatio || 1, sprites: {} };
    return top;
  }

  /* A patient as a small picture: a ring waits, a full circle is being seen; the number is the level. */
  function sprite(level, waits) {
    const { pitch, scale, sprites } = layout, [, mark, colour] = classes[level], radius = pitch / 2 - 1.5;
    const picture = Object.assign(document.createElement("canvas"), { width: pitch * scale, height: pitch * scale });
    const ink = picture.getContext("2d");
    ink.scale(scale, scale);
    const discs = [[radius + 0.75, INK], [radius, colour], ...(waits ? [[radius * 0.64, INK], [radius * 0.56, "#fff"]] : [])];
    for (const [size, paint] of discs) {
      ink.beginPath();
      ink.arc(pitch / 2, pitch / 2, size, 0, 7);
      ink.fillStyle = paint;
      ink.fill();
    }
    Object.assign(ink, { fillStyle: waits ? "#000" : onDark(colour), textAlign: "center", textBaseline: "middle" });
    ink.font = `bold ${pitch / 2 + (waits ? -1 : 1)}px Arial, sans-serif`;
    ink.fillText(mark, pitch / 2, pitch / 2 + 0.5);
    return (sprites[`${level} ${waits}`] = picture);
  }

  function write(text, x, y, font, fillStyle = INK, textAlign = "left", room = Infinity) {
    Object.assign(pen, { font: `${font} Arial, "Liberation Sans", sans-serif`, fillStyle, textAlign });
    while (pen.measureText(text).width > room && text.length > 4) text = `${text.slice(0, -2).trimEnd()}…`;
    pen.fillText(text, x, y);
  }

  /* Draw this instant. `glide`: the share of its way that each patient goes. True while somebody is still on the way. */
  function draw(glide) {
    const { width, wide, pitch, cell, split, rows, scale } = layout, before = places;
    let moving = false;
    places = arms.map(() => new Map());
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, canvas.height);
    if (wide) arms.forEach(({ label }, n) => {
      const x = n * (cell + gap);
      write(label, x, 14, "bold 15px", TITLE, "left", cell);
      write("being seen ◂", x + split - 6, 34, "12px", QUIET, "right");
      write("▸ waiting, the next at the top left", x + split + 6, 34, "12px", QUIET);
    });
    for (const { area, rows: deep, top, cells } of rows) {
      pen.fillStyle = LINE;
      pen.fillRect(0, top, width, 1);
      cells.forEach(([x, y], n) => {
        const { seen, waiting } = states[n][area], line = wide ? top + 15 : y - 5;
        if (wide || n === 0) write(areas[area], x, line - (wide ? 0 : 20), "bold 13px", INK, "left", wide ? cell - 150 : cell);
        if (!wide) write(arms[n].label, x, line, "12px", QUIET, "left", cell - 130);
        write(`${seen.length} being seen, ${waiting.length} waiting`, x + cell, line, "12px", QUIET, "right");
        pen.fillStyle = QUIET;
        pen.fillRect(x + split - 1, y, 2, deep * pitch);
        const put = (one, left, k) => { moving = place(n, one, left, y + (k % deep) * pitch, glide, before) || moving; };
        seen.forEach((one, k) => put(one, x + split - (Math.floor(k / deep) + 1) * pitch - 3, k));
        waiting.forEach((one, k) => put(one, x + split + Math.floor(k / deep) * pitch + 3, k));
      });
    }
    return moving;
  }

  function place(n, { person, level, waits }, x, y, glide, before) {
    const { pitch, sprites } = layout, [fromX, fromY] = before[n].get(person) || [x, y];
    const near = glide === 1 || Math.abs(fromX - x) + Math.abs(fromY - y) < 1;
    const at = near ? [x, y] : [fromX + (x - fromX) * glide, fromY + (y - fromY) * glide];
    places[n].set(person, at);
    pen.drawImage(sprites[`${level} ${waits}`] || sprite(level, waits), ...at, pitch, pitch);
    if (person === selected) {
      pen.beginPath();
      pen.arc(at[0] + pitch / 2, at[1] + pitch / 2, pitch / 2 + 1.5, 0, 7);
      Object.assign(pen, { lineWidth: 3, strokeStyle: "#000" }).stroke();
    }
    return !near;
  }

  // --- table and story ------------------------------------------------------------------------------------------

  const cells = [], put = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  const add = (parent, name, text = "", attributes = {}) => {
    const node = parent.appendChild(document.createElement(name));
    node.textContent = text;
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };

  function build() {
    const [head, body] = ["thead", "tbody"].map((name) => add(element("counts"), name)), [first, second] = [add(head, "tr"), add(head, "tr")];
    add(first, "th", "Where", { scope: "col", rowspan: 2 });
    for (const { label } of arms) {
      add(first, "th", label, { scope: "colgroup", colspan: 2, class: "number" });
      for (const what of ["seen", "waiting"]) add(second, "th", what, { scope: "col", class: "number" });
      const section = add(element("stories"), "section");
      add(section, "h3", label);
      add(section, "ol");
    }
    for (const name of [...shown.map((area) => areas[area]), "in A&E"]) {
      const row = add(body, "tr");
      add(row, "th", name, { scope: "row" });
      cells.push(arms.flatMap(() => [0, 1].map(() => add(row, "td", "", { class: "number" }))));
    }
    const used = classes.filter(([, mark], level) => mark && kinds.some((kind) => kind[4] === level)).sort((a, b) => a[1] - b[1]);
    for (const [name, mark, colour] of [...used, ["no level (yet)", "", "#768692"]]) {
      const item = add(element("levels"), "li"), dot = add(item, "span", mark, { class: "dot", "aria-hidden": "true" });
      Object.assign(dot.style, { background: colour, color: onDark(colour) });
      add(item, "span", name);
    }
  }

  function tell() {
    put(element("clock"), clock(now, true));
    states.forEach((byArea, n) => ["seen", "waiting"].forEach((what, k) => {
      const numbers = shown.map((area) => byArea[area][what].length);
      [...numbers, numbers.reduce((a, b) => a + b, 0)].forEach((number, row) => put(cells[row][2 * n + k], String(number)));
    }));
    element("nobody").hidden = selected >= 0;
    element("somebody").hidden = selected < 0;
    if (selected < 0) return;
    put(element("who"), `Patient ${people[selected][1]}, ${texts[people[selected][3]]}`);
    element("who").title = named(selected);
    put(element("introduction"), introduction(selected));
    document.querySelectorAll("#stories ol").forEach((list, n) => {
      const lines = now < people[selected][2] ? ["Has not come yet."] : story(arms[n], selected, now);
      while (list.children.length > lines.length) list.lastChild.remove();
      lines.forEach((text, k) => put(list.children[k] || add(list, "li"), text));
    });
  }

  // --- the clock ------------------------------------------------------------------------------------------------

  const still = matchMedia("(prefers-reduced-motion: reduce)"), speed = () => element("speed").value * minute;
  let playing = false, awake = false, last = 0;

  function go(tick, glide = 1) {
    now = Math.min(Math.max(Math.round(tick), begins), ends - 1);
    states = arms.map((arm) => state(arm, now));
    element("time").value = Math.floor((now - begins) / minute);
    element("time").setAttribute("aria-valuetext", clock(now, true));
    return draw(still.matches ? 1 : glide);
  }

  /* Smoothly, or a step a second where the reader wants no motion. */
  function next() {
    awake = true;
    if (still.matches) setTimeout(() => frame(performance.now()), 1000); else requestAnimationFrame(frame);
  }

  function frame(time) {
    const elapsed = Math.max(0, Math.min(time - last, still.matches ? 1000 : 100)); // a frame's time may be before the click
    last = time;
    const moving = go(playing ? now + (elapsed / 1000) * speed() : now, 1 - Math.exp(-elapsed / 90));
    tell(); // at one hour a second a picture that is ahead by a fifth of a second is ahead by 12 minutes
    if (now === ends - 1) play(false);
    awake = false;
    if (playing || moving) next();
  }

  function wake() {
    if (awake) return;
    last = performance.now();
    next();
  }

  function play(on) {
    playing = on;
    put(element("play"), on ? "Pause" : "Play");
    if (on && now === ends - 1) go(begins);
    if (on) wake(); else tell();
  }

  function jump(tick, glide = 1) {
    go(tick, glide);
    tell();
    if (glide < 1) wake();
  }

  const choose = (person) => { selected = person; jump(now); };

  function chooseNear(by) {
    const inside = people.map((_, person) => person).filter((person) => places.some((all) => all.has(person)));
    if (inside.length) choose(inside[(inside.indexOf(selected) + by + inside.length) % inside.length]);
  }

  build();
  layOut();
  jump(now);
  element("play").onclick = () => play(!playing);
  element("back").onclick = () => jump(now - 5 * minute, 0.1);
  element("forward").onclick = () => jump(now + 5 * minute, 0.1);
  element("time").oninput = () => jump(begins + element("time").value * minute);
  element("previous").onclick = () => chooseNear(-1);
  element("next").onclick = () => chooseNear(1);
  canvas.onclick = ({ offsetX, offsetY }) => {
    const away = ([x, y]) => Math.hypot(x + layout.pitch / 2 - offsetX, y + layout.pitch / 2 - offsetY);
    const [person, at] = places.flatMap((all) => [...all]).reduce((a, b) => (away(b[1]) < away(a[1]) ? b : a), [-1, [-99, -99]]);
    choose(away(at) < layout.pitch ? person : -1);
  };
  new ResizeObserver(() => { if (canvas.clientWidth !== layout.width) { layOut(); jump(now); } }).observe(canvas);
  const placeOf = (arm, person) => places[arm].get(person).map((corner) => corner + layout.pitch / 2);
  window.animation = { go: jump, states: () => states, story: (arm, ...asked) => story(arms[arm], ...asked), introduction, named, placeOf };
})();
