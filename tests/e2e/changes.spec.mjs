// What changed since the moment before, or since a pinned one, is marked.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { atFullSpeed, consoleLine, exec, leaderOnScreen, openLab, says, soon, until } from './lib/lab.mjs';
import { startServer } from './lib/server.mjs';

let browser;
let server;
let page;

before(async () => {
  [browser, server] = [await launchBrowser(), await startServer()];
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  page = await context.newPage();
  await openLab(page, server.url);
  await until('leader', () => leaderOnScreen(page));
  await atFullSpeed(page);
  for (const line of ['set x=1', 'run 500ms']) await exec(page, line);
  await page.evaluate(() => globalThis.helios.setRunning(false));
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const words = () => page.getByTestId('changes').innerText();
const changed = () => page.locator('[data-changed=true]').count();

test('the step in which a node became leader says what changed, in picture, log and inspector', async () => {
  await page.getByTestId('previous-election').click();
  await says(page.getByTestId('changes'), /role candidate → leader.*entry 1 appended: no-op/);
  assert.equal(await changed(), 1);
  assert.equal(await page.locator('.log-cell.is-changed').count(), 1);
  await page.locator('[data-changed=true]').click();
  await says(page.locator('.facts .is-changed', { hasText: 'role' }), /candidate → leader/);
});

test('m pins the moment: changes are told since then, to the end and back', async () => {
  await page.keyboard.press('m');
  await soon(() => page.getByTestId('tape-pin').count(), 1);
  // The words and the pin are drawn one after the other.
  await says(page.getByTestId('changes'), /^Since .* no node changed\.$/);
  await page.keyboard.press('End');
  await soon(() => changed(), 5);
  await says(page.getByTestId('changes'), /entry 2 appended: x=1/);
  await soon(() => page.locator('.value-cell.is-changed').count(), 5);
  await page.keyboard.press('M');
  await soon(() => page.getByTestId('tape-pin').count(), 0);
});

test('while time passes, nothing is marked', async () => {
  await page.evaluate(() => globalThis.helios.setRunning(true));
  await soon(() => words(), '');
  assert.equal(await changed(), 0);
});

test('an entry is selected in the logs, and one goes to the moments of its life', async () => {
  await page.evaluate(() => globalThis.helios.setRunning(false));
  const entry = page.locator('.log-cell[data-select="entry 2 1"]').first();
  await entry.click();
  await says(page.getByTestId('inspector'), /x=1[^]*node 1\s+applied, on disk/);
  assert.equal(await page.locator('.log-cell.is-selected').count(), 5);
  await page.getByTestId('entry-stored').click();
  await says(page.getByTestId('inspector'), /not committed, on disk/);
  const stored = await page.evaluate(() => globalThis.helios.state().lab.time.steps);
  await page.getByTestId('entry-committed').click();
  await says(page.getByTestId('inspector'), /committed, on disk/);
  const committed = await page.evaluate(() => globalThis.helios.state().lab.time.steps);
  assert.ok(stored < committed, `${stored} < ${committed}`);
  await page.getByTestId('entry-removed').click();
  await consoleLine(page, /Entry 2 of term 1 was never removed\./);
});

test('the keys go from entry to entry', async () => {
  await page.keyboard.press('Escape');
  await page.locator('.panel-logs .rows').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await says(page.getByTestId('inspector'), /no-op/);
});

test('the time of an event shows its moment', async () => {
  await page.getByTestId('return-to-live').click();
  await page.locator('.tab-events').click();
  const row = page.getByTestId('event-row').filter({ hasText: 'becomes leader' }).first();
  await row.locator('.event-time').click();
  await says(page.getByTestId('headline'), /leads term/);
  await says(page.getByTestId('changes'), /role candidate → leader/);
  assert.equal(await page.evaluate(() => globalThis.helios.state().lab.time.is_past), true);
});
