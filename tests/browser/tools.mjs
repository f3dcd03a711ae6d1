// The packages of package-lock.json, which are installed outside of the tree.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.MODULES, "package.json"));

export const { chromium } = require("playwright-core");
export const culori = require("culori");
export const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const vnu = join(process.env.MODULES, "node_modules/vnu-jar/build/dist/vnu.jar");
