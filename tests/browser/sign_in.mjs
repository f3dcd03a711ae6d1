// Signing in and out behind a proxy that says whom it speaks for: then a token is needed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open } from "./browser.mjs";

const { GUARDED, TOKEN } = process.env;
const path = new URL(GUARDED).pathname;

async function signIn(page, token) {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("a viewer behind a proxy signs in, follows links, and signs out", async () => {
  await open(GUARDED, "sources?health=failing", {}, async (page) => {
    assert.equal(new URL(page.url()).pathname, `${path}login`);
    await signIn(page, TOKEN);
    await page.waitForURL(`${GUARDED}sources?health=failing`);
    await page.getByRole("link", { name: "Jobs", exact: true }).first().click();
    await page.waitForURL(`${GUARDED}jobs`);
    const cookies = await page.context().cookies();
    assert.equal(cookies.length, 1);
    assert.deepEqual(
      { httpOnly: cookies[0].httpOnly, sameSite: cookies[0].sameSite },
      { httpOnly: true, sameSite: "Strict" },
    );
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL(new RegExp(`^${GUARDED}login`));
    await page.goto(`${GUARDED}jobs`);
    assert.equal(new URL(page.url()).pathname, `${path}login`);
  });
});

test("a token that is unknown is refused with a reason, and asked for again", async () => {
  await open(GUARDED, "login?next=jobs", {}, async (page) => {
    await signIn(page, `${TOKEN.slice(0, -1)}x`);
    await page.getByRole("alert").filter({ hasText: "This token is unknown" }).waitFor();
    assert.equal((await page.context().cookies()).length, 0);
    await signIn(page, TOKEN);
    await page.waitForURL(`${GUARDED}jobs`);
  });
});
