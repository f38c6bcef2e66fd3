// From a script that the fuzzer found to two branches beside each other, also after a reload.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { consoleLine, openLab, says, until } from './lib/lab.mjs';
import { startServer } from './lib/server.mjs';

const FOUND = new URL('../../scenarios/bugs/append-truncates.helios', import.meta.url);

let server;
let browser;
let page;
let errors;

const state = () => page.evaluate(() => globalThis.helios.state());
const broken = async () => (await state()).view.properties.filter((property) => property.broken);

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  errors = await openLab(page, server.url);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('a violation is looked at, and a branch without one statement is compared with it', async () => {
  await page.getByTestId('script-file').setInputFiles({
    name: 'append-truncates.helios',
    mimeType: 'text/plain',
    buffer: await readFile(FOUND),
  });
  await until('the violation', async () => {
    const { lab } = await state();
    return !lab.pacing.running && (await broken()).length > 0;
  });
  const end = await state();
  await says(page.getByTestId('tape-state'), /is broken/);

  // The moment before it: nothing is broken yet.
  await page.getByTestId('run-toggle').focus();
  await page.keyboard.press(',');
  await until('one step back', async () => (await state()).view.steps === end.view.steps - 1);
  assert.equal((await broken()).length, 0);

  // The same run without the message that was sent again.
  await page.getByRole('button', { name: 'Statements' }).click();
  const lines = end.lab.statements.map(({ text }) => text);
  const place = lines.findIndex((text) => text.startsWith('replay'));
  assert.ok(place >= 0, lines.join('; '));
  await page.getByTestId(`leave-out-${place}`).click();
  await consoleLine(page, /Here begins branch 2, without “replay/);
  await until('the time of the violation', async () => {
    const { view, lab } = await state();
    return !lab.pacing.running && view.now >= end.view.now;
  });
  assert.equal((await broken()).length, 0, 'the statement made the violation');

  // Both, from their first difference.
  await page.getByTestId('compare').click();
  const differences = page.getByTestId('comparison');
  await says(differences, /Only in main:\s*replay/);
  const { lab, view } = await state();
  assert.equal(lab.comparison.view.now, view.now);
  for (const side of ['compare-there', 'compare-here']) {
    await page.getByTestId(side).locator('.node').first().waitFor();
    await page.getByTestId(side).locator('.log-cell').first().waitFor();
  }
  // The page is reloaded: all of it is there again.
  const before = await state();
  await page.reload();
  await page.getByTestId('node-1').first().waitFor();
  const now = await state();
  assert.deepEqual(now.lab.time, before.lab.time);
  assert.deepEqual(now.lab.comparison, before.lab.comparison);
  assert.deepEqual(now.lab.statements, before.lab.statements);
  assert.deepEqual(now.view, before.view);
  assert.equal(now.lab.pacing.running, false);
  await says(page.getByTestId('opened-script'), /append-truncates\.helios/);
  await says(page.getByTestId('rule-off'), /append-truncates/);
  await says(differences, /Only in main:\s*replay/);
  // At the end, one is broken and the other is not.
  await page.getByTestId('run-toggle').focus();
  await page.keyboard.press('End');
  await until('the end', async () => !(await state()).lab.time.is_past);
  await until('main is broken', async () =>
    /is broken/.test(await page.getByTestId('compare-there').locator('.headline').innerText()));
  assert.doesNotMatch(await page.getByTestId('compare-here').locator('.headline').innerText(), /is broken/);
  await page.getByTestId('stop-comparing').click();
  await until('one picture', async () => (await page.getByTestId('headline').count()) === 1);
  assert.deepEqual(errors, []);
});
