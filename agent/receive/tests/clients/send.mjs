// Sends events with Segment's package for Node, as an app does: node send.mjs ADDRESS KEY MODULES

import { createRequire } from "node:module";

const [address, writeKey, modules] = process.argv.slice(2);
const { Analytics } = createRequire(`${modules}/`)("@segment/analytics-node");

const analytics = new Analytics({ writeKey, host: address, flushAt: 3, flushInterval: 100 });
const failed = [];
analytics.on("error", (error) => failed.push(error));
analytics.identify({ userId: "node-1", traits: { plan: "gold" } });
analytics.page({ anonymousId: "node-device", name: "Home" });
for (const film of ["Low Tide", "Copper Moon", "Salt Road"]) {
  analytics.track({
    userId: "node-1", event: "film opened", properties: { film, seats: 2 },
    context: { locale: "fr-FR" }, timestamp: new Date(),
  });
}
await analytics.closeAndFlush({ timeout: 20000 });
if (failed.length > 0) {
  console.error(failed);
  process.exit(1);
}
