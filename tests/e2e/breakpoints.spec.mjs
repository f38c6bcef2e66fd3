// Breakpoints: time pauses when a condition comes to hold.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { atFullSpeed, consoleLine, consoleLines, exec, leaderOnScreen, openLab, says, soon, type,
  until } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

let server;
let browser;
let page;
let errors;

function state() {
  return page.evaluate(() => globalThis.helios.state());
}

async function add(text) {
  await page.getByTestId('breakpoint-text').fill(text);
  await page.getByTestId('breakpoint-text').press('Enter');
}

function run() {
  return page.evaluate(() => globalThis.helios.setRunning(true));
}

const paused = async () => !(await state()).lab.pacing.running;

/** Waits until the row of a breakpoint says whether it holds. */
function holds(id, expected) {
  const row = page.getByTestId(`breakpoint-${id}`);
  return soon(() => row.getAttribute('data-holds'), String(expected));
}

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  errors = await openLab(page, server.url);
  await until('a leader', () => leaderOnScreen(page));
  await page.evaluate(() => globalThis.helios.setRunning(false));
  await atFullSpeed(page);
  await page.getByRole('button', { name: 'Breaks' }).click();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('the tabs have room, and the panel can be used by everyone', async () => {
  const tabs = await page.$eval('.tabs', (tabs) => [tabs.scrollWidth, tabs.clientWidth]);
  assert.ok(tabs[0] <= tabs[1], `the tabs are ${tabs[0]} wide in ${tabs[1]}`);
  await says(page.locator('.panel-breakpoints .empty'), /no leader/);
  await add('leader 3 4');
  await says(page.getByTestId('breakpoint-error'), /^column 10: expected the end of the line/);
  assert.equal(await page.getByTestId('breakpoint-1').count(), 0);
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByTestId('breakpoint-text').fill('no l');
  await soon(() => page.getByTestId('breakpoint-error').innerText(), '');
  const offers = () => page.$$eval('#breakpoint-text-offers option', (all) => all.map((o) => o.value));
  await soon(async () => (await offers()).join(), 'no leader,no learners,no lease');
});

test('time pauses when the condition comes to hold, and the console says why', async () => {
  const { leader } = (await state()).view;
  await add('no leader');
  await add('leader');
  await holds(1, false);
  await holds(2, true);
  await type(page, `crash ${leader}`);
  await consoleLine(page, /Breakpoint 1 holds: no leader/);
  assert.deepEqual(await seriousViolations(page), []);
  await run();
  await consoleLine(page, /Breakpoint 2 holds: leader/);
  await until('a pause', paused);
  const { view } = await state();
  assert.notEqual(view.leader, null);
  assert.notEqual(view.leader, leader);
  await holds(2, true);
});

test('a breakpoint that is off, or removed, does not pause', async () => {
  await page.getByTestId('breakpoint-on-1').uncheck();
  await page.getByTestId('breakpoint-remove-2').click();
  await page.getByTestId('breakpoint-2').waitFor({ state: 'detached' });
  const told = async () => (await consoleLines(page)).filter((line) => /Breakpoint/.test(line));
  const before = (await told()).length;
  await exec(page, 'restart all');
  await exec(page, 'run 1s');
  await exec(page, 'crash leader');
  await exec(page, 'run 3s');
  assert.equal((await told()).length, before);
  const { breakpoints } = (await state()).lab;
  assert.deepEqual(
    breakpoints.map(({ id, text, is_on }) => [id, text, is_on]),
    [[0, 'a property is broken', true], [1, 'no leader', false]],
  );
});

test('scripts of the page use the same list', async () => {
  const id = await page.evaluate(() => globalThis.helios.addBreakpoint('term >= 900'));
  await page.getByTestId(`breakpoint-${id}`).waitFor();
  await page.evaluate((id) => globalThis.helios.setBreakpoint(id, false), id);
  await until('off', async () => !(await page.getByTestId(`breakpoint-on-${id}`).isChecked()));
  await page.evaluate((id) => globalThis.helios.removeBreakpoint(id), id);
  await page.getByTestId(`breakpoint-${id}`).waitFor({ state: 'detached' });
  const words = await page.evaluate(() => {
    try {
      globalThis.helios.addBreakpoint('nonsense');
      return null;
    } catch (error) {
      return error.message;
    }
  });
  assert.match(words, /column 1: expected a condition/);
  await page.evaluate(() => globalThis.helios.setBreakpoint(0, false));
  await until('off', async () => !(await page.getByTestId('breakpoint-on-0').isChecked()));
  assert.deepEqual(errors, []);
});
