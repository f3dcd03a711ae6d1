// What the pages do better with script; each is complete without it.
//
// - keeps the parts marked `data-live` fresh, while the page is seen and nothing is selected in it
// - shows times in the zone of the browser, where the reader chose that
// - asks before a form acts on more than one thing
// - copies SQL

const interval = Number(document.body.dataset.refresh || 0) * 1000;
let etag = null;

function isBusy() {
  const selection = document.getSelection();
  return document.hidden || (selection && !selection.isCollapsed)
    || document.activeElement?.closest?.("[data-live] input, [data-live] select, [data-live] textarea")
    // What somebody has begun to write into a form is not taken away.
    || document.querySelector("[data-live] details[open] form");
}

async function refresh() {
  if (isBusy()) return;
  const headers = etag ? { "If-None-Match": etag } : {};
  const answer = await fetch(location.href, { headers, cache: "no-store", credentials: "same-origin" });
  if (answer.status === 304) return;
  if (!answer.ok || answer.redirected) throw new Error(`the server answered ${answer.status}`);
  etag = answer.headers.get("ETag");
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(part.id);
    if (next && !part.isEqualNode(next)) {
      const open = [...part.querySelectorAll("details[open][id]")].map((one) => one.id);
      part.replaceWith(next);
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    }
  }
  showLocalTimes();
}

function showStaleness(isStale) {
  const note = document.getElementById("stale");
  if (note) note.hidden = !isStale;
}

if (interval > 0) {
  let failures = 0;
  const next = () => setTimeout(async () => {
    try {
      await refresh();
      failures = 0;
    } catch {
      failures += 1;
    }
    showStaleness(failures > 1);
    next();
  }, interval * Math.min(2 ** failures, 16));
  next();
}

function showLocalTimes() {
  if (new URLSearchParams(location.search).get("zone") !== "browser") return;
  const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  for (const time of document.querySelectorAll("time[datetime]")) {
    if (!time.dataset.age) time.textContent = format.format(new Date(time.dateTime));
  }
}
showLocalTimes();

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
  } catch {
    // Plain HTTP gives no clipboard: select the text, so that the keyboard copies it.
    const range = document.createRange();
    range.selectNodeContents(source);
    const selection = document.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    button.textContent = "Press Ctrl+C";
  }
});
for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
