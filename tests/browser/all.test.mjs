// All tests in one process, which share one browser and one fleet.

import { after } from "node:test";

import { browser } from "./browser.mjs";

import "./alerts.mjs";
import "./colours.mjs";
import "./events.mjs";
import "./every_page.mjs";
import "./data_sets.mjs";
import "./experiments.mjs";
import "./html.mjs";
import "./keyboard.mjs";
import "./live.mjs";
import "./markup.mjs";
import "./showtime.mjs";
import "./sign_in.mjs";
import "./works.mjs";

after(() => browser.close());
