// A chain whose every text is markup that would run, or be seen as an element, where a page forgot
// to escape it. One of its cinemas fails, with markup in the answer.

import { createServer } from "node:http";

/// Markup that shows itself in every place where it could be put: text, attribute, script, style.
export const markup = (where) =>
  `"'></script></style></title><b class=hostile>${where}</b><img src=x onerror="window.hostile=1"><script>window.hostile=1</script>{{7*7}}`;

const DAY = 86_400_000;

function showtimes(cinema) {
  return Array.from({ length: 3 }, (_, number) => ({
    key: `${cinema}-${number}<b class=hostile>`,
    film: `film ${number}<b class=hostile>`,
    // The last two films have one title and nothing else, so a person decides whether they are one.
    title: markup(`film ${Math.min(number, 1)}`),
    auditorium: `1<b class=hostile>`,
    starts: new Date(Math.ceil(Date.now() / DAY) * DAY + (number + 1) * DAY).toISOString().replace(/\.\d+/, ""),
  }));
}

// A seat is sold every few seconds, so that there is something to replay.
function seats(began) {
  const sold = Math.floor((Date.now() - began) / 5000);
  return Array.from({ length: 40 }, (_, number) => ({
    key: `${number}<b class=hostile>`,
    row: `${"ABCD"[Math.floor(number / 10)]}<b class=hostile>`,
    number: `${number % 10}`,
    area: markup("area"),
    x: number % 10,
    y: Math.floor(number / 10),
    code: number === 39 ? markup("code") : number < sold ? "taken" : "free",
  }));
}

/// Starts it on a free port of this machine.
export async function chain() {
  const began = Date.now();
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    const json = (body) => response.setHeader("Content-Type", "application/json").end(JSON.stringify(body));
    const cinema = url.searchParams.get("cinema");
    if (url.pathname === "/cinemas") {
      return json({
        cinemas: ["good", "bad"].map((key) => ({ key, name: markup("cinema"), city: markup("city") })),
      });
    }
    if (url.pathname === "/showtimes" && cinema === "bad") {
      response.statusCode = 500;
      return response.setHeader("Content-Type", "text/html").end(markup("body"));
    }
    if (url.pathname === "/showtimes") return json({ showtimes: showtimes(cinema) });
    if (url.pathname === "/seats") {
      return json({
        seats: seats(began),
        prices: [{ ticket: markup("ticket"), area: markup("area"), cents: 1200 }],
      });
    }
    response.statusCode = 404;
    return response.end();
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  return { address: `http://127.0.0.1:${server.address().port}` };
}
