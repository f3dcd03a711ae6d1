// Replays the sale of a showtime from one payload, and shows the history of a seat without leaving
// the map. The page does both without script, by links.

const home = document.getElementById("showtime");
const map = document.querySelector("#map svg");
const slider = document.getElementById("step");
const play = document.getElementById("play");
const note = document.getElementById("replay-note");
const chart = document.querySelector("svg.chart[data-from]");
const cursor = document.getElementById("cursor");

const seats = map ? [...map.querySelectorAll("a")] : [];
const uses = seats.map((seat) => seat.querySelector("use"));
const names = seats.map((seat) => seat.getAttribute("aria-label").replace(/, [^,]*$/, ""));
const words = ["available", "sold", "held", "blocked", "broken", "house", "unknown", "not mapped"];
const counts = new Map([...document.querySelectorAll("[data-status]")].map((one) => [Number(one.dataset.status), one]));

// What the map shows now: the status of each seat.
const shown = uses.map((use) => Number(use.getAttribute("href").slice(2)));
let sale = null;
let playing = 0;

// The state of each snapshot, and which layout it has; a byte per seat.
function rebuild(series) {
  const status = new Uint8Array(256).fill(7);
  for (const code of series.codes) {
    const place = words.indexOf(code.status ?? "not mapped");
    status[code.index] = place < 0 ? 7 : place;
  }
  let layout = 0;
  let codes = new Uint8Array(0);
  return series.steps.map((step) => {
    if (step.layout !== undefined) layout = step.layout;
    codes = step.seats ? Uint8Array.from(step.seats) : codes.slice();
    const changes = step.changes ?? [];
    for (let place = 0; place < changes.length; place += 2) codes[changes[place]] = changes[place + 1];
    return { layout, codes, at: new Date(Date.parse(series.first_at) + step.ms), job: step.job_id };
  }).map((state) => ({ ...state, statuses: state.codes.map((code) => status[code]) }));
}

function formatOf(zone) {
  const options = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  if (home.dataset.zone === "utc") options.timeZone = "UTC";
  if (home.dataset.zone === "cinema") options.timeZone = zone;
  try {
    return new Intl.DateTimeFormat("en-GB", options);
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  }
}

function show(position) {
  const state = sale.states[position];
  const sold = state.statuses.reduce((sum, status) => sum + (status === 1), 0);
  const time = sale.format.format(state.at);
  slider.value = position;
  slider.setAttribute("aria-valuetext", `${time}, ${sold} sold`);
  document.getElementById("step-text").textContent = `Snapshot ${position + 1} of ${sale.states.length}`;
  const at = document.getElementById("shown-at");
  at.textContent = time;
  at.dateTime = state.at.toISOString();
  const by = document.getElementById("shown-by");
  by.textContent = `job ${state.job}`;
  by.href = `${home.dataset.jobs}${state.job}`;
  if (cursor) {
    const { from, until, left, right } = chart.dataset;
    const share = (state.at / 1000 - from) / Math.max(until - from, 1);
    const x = Number(left) + Math.min(Math.max(share, 0), 1) * (right - left);
    cursor.setAttribute("x1", x);
    cursor.setAttribute("x2", x);
  }
  if (state.layout !== sale.layout) {
    note.textContent = "The seats were another layout then: let go of the slider to load it.";
    return;
  }
  note.textContent = "";
  const tally = new Array(8).fill(0);
  for (let seat = 0; seat < uses.length; seat += 1) {
    const status = state.statuses[seat];
    tally[status] += 1;
    if (shown[seat] === status) continue;
    shown[seat] = status;
    uses[seat].setAttribute("href", `#k${status}`);
    seats[seat].setAttribute("aria-label", `${names[seat]}, ${words[status]}`);
  }
  for (const [status, one] of counts) one.textContent = tally[status];
}

function exact(position) {
  return sale.states[position].at.toISOString().replace("Z", "999Z");
}

// The address names what is shown, so that it can be sent to somebody.
function settle() {
  const position = Number(slider.value);
  const address = new URL(location.href);
  if (position === sale.states.length - 1) address.searchParams.delete("at");
  else address.searchParams.set("at", exact(position));
  if (sale.states[position].layout !== sale.layout) location.href = address;
  else history.replaceState(history.state, "", address);
}

function stop() {
  cancelAnimationFrame(playing);
  playing = 0;
  play.textContent = "Play";
  play.setAttribute("aria-pressed", "false");
}

// The whole sale takes about twelve seconds, however many snapshots it has.
function start() {
  const last = sale.states.length - 1;
  const from = Number(slider.value) >= last ? 0 : Number(slider.value);
  const began = performance.now();
  const each = Math.max(12000 / Math.max(last, 1), 1000 / 60);
  play.textContent = "Pause";
  play.setAttribute("aria-pressed", "true");
  const frame = (now) => {
    const position = Math.min(from + Math.floor((now - began) / Math.min(each, 400)), last);
    if (position !== Number(slider.value)) show(position);
    if (position >= last || sale.states[position].layout !== sale.layout) {
      stop();
      settle();
      return;
    }
    playing = requestAnimationFrame(frame);
  };
  show(from);
  playing = requestAnimationFrame(frame);
}

async function load() {
  const answer = await fetch(home.dataset.series, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const series = await answer.json();
  const states = rebuild(series);
  const position = Math.min(Number(slider.value), states.length - 1);
  slider.max = states.length - 1;
  sale = { states, layout: states[position].layout, format: formatOf(series.timezone) };
  document.getElementById("replay").hidden = false;
  document.getElementById("steps").hidden = true;
}

if (slider && map) {
  load().then(() => {
    slider.addEventListener("input", () => { if (playing) stop(); show(Number(slider.value)); });
    slider.addEventListener("change", settle);
    play.addEventListener("click", () => { if (playing) { stop(); settle(); } else start(); });
  }).catch(() => { note.textContent = "The sale could not be loaded for the replay; the links below show single snapshots."; });
}

// The history of a seat, in its card.
async function choose(link, isBack) {
  const answer = await fetch(link.href.baseVal ?? link, { credentials: "same-origin" });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("seat").replaceWith(fresh.getElementById("seat"));
  for (const button of document.querySelectorAll("#seat [data-copy]")) button.hidden = false;
  document.getElementById("chosen")?.remove();
  if (isBack) return;
  const use = link.querySelector("use");
  const ring = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  const place = { id: "chosen", class: "k-chosen", x: use.getAttribute("x") - 3, y: use.getAttribute("y") - 3, width: 24, height: 24, rx: 7 };
  for (const [name, value] of Object.entries(place)) ring.setAttribute(name, value);
  map.insertBefore(ring, link);
  const address = new URL(location.href);
  address.searchParams.set("seat", new URLSearchParams(link.href.baseVal).get("seat"));
  history.replaceState(history.state, "", address);
}

// One stop for the Tab key; arrow keys go from seat to seat as they are drawn.
function nearest(from, dx, dy) {
  const x = Number(uses[from].getAttribute("x"));
  const y = Number(uses[from].getAttribute("y"));
  let best = -1;
  let least = Infinity;
  for (let seat = 0; seat < uses.length; seat += 1) {
    const ax = (Number(uses[seat].getAttribute("x")) - x) * (dx || 1);
    const ay = (Number(uses[seat].getAttribute("y")) - y) * (dy || 1);
    const [along, across] = dx ? [ax, Math.abs(ay)] : [ay, Math.abs(ax)];
    if (along < 6) continue;
    const distance = along + across * (dx ? 20 : 3);
    if (distance < least) [best, least] = [seat, distance];
  }
  return best;
}

if (map) {
  let stopAt = Math.max(seats.findIndex((seat) => seat.previousElementSibling?.id === "chosen"), 0);
  seats.forEach((seat, place) => seat.setAttribute("tabindex", place === stopAt ? "0" : "-1"));
  map.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    choose(link).catch(() => { location.href = link.href.baseVal; });
  });
  map.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const from = seats.indexOf(document.activeElement);
    if (!way || from < 0) return;
    const to = nearest(from, ...way);
    if (to < 0) return;
    event.preventDefault();
    seats[stopAt].setAttribute("tabindex", "-1");
    stopAt = to;
    seats[to].setAttribute("tabindex", "0");
    seats[to].focus();
  });
  map.addEventListener("pointerover", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    let title = link.querySelector("title");
    if (!title) {
      title = document.createElementNS("http://www.w3.org/2000/svg", "title");
      link.append(title);
    }
    title.textContent = link.getAttribute("aria-label");
  });
}
