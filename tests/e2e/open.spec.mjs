// Opening a script: a file, a drop, a paste; to its end, or to where it fails.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, beforeEach, afterEach, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { consoleLine, openLab, says, soon, tool, until } from './lib/lab.mjs';
import { startServer } from './lib/server.mjs';

const BROKEN = new URL('../../scenarios/bugs/vote-forgotten.helios', import.meta.url);

let server;
let browser;
let page;
let errors;

const state = () => page.evaluate(() => globalThis.helios.state());
const file = (name, text) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
const choose = (chosen) => page.getByTestId('script-file').setInputFiles(chosen);
const isBroken = (view) => view.properties.some(({ broken }) => broken);

/** The lab stands still, some time after it was opened. */
const stopped = () => until('the end of the script', async () => {
  const { view, lab } = await state();
  return view.steps > 0 && !lab.pacing.running && { view, lab };
});

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  errors = await openLab(page, server.url);
});

afterEach(async () => {
  assert.deepEqual(errors, []);
  await page.close();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('a script of the fuzzer stops at its violation, and a banner names the rule that is off', async () => {
  await choose(file('vote-forgotten.helios', await readFile(BROKEN, 'utf8')));
  await page.getByTestId('rule-off').waitFor();
  await says(page.getByTestId('rule-off'), /vote-forgotten/);
  const { view } = await stopped();
  assert.ok(isBroken(view), 'a property is broken');
  await consoleLine(page, /is broken at/);
  // With the rule, the same statements break nothing.
  await page.getByTestId('mend').click();
  await until('the rule is on', async () => (await page.getByTestId('rule-off').count()) === 0);
  const mended = await stopped();
  assert.ok(!isBroken(mended.view));
});

test('a scenario pauses at its key moment, says what is to be seen, and goes on', async () => {
  await tool(page, 'scenarios');
  await page.getByTestId('scenario-08-figure-8-committed').click();
  const story = page.getByTestId('scenario-story');
  await says(story, /Once an entry of the leader's own term/);
  await page.evaluate(() => globalThis.helios.setSpeed(Infinity));
  await until('the key moment', async () => (await state()).lab.key_moment !== null);
  const { view, lab } = await state();
  assert.equal(lab.pacing.running, false);
  assert.equal(view.leader, 1, 'it is before the crash');
  await says(story, /The entry of term 2 is committed with it/);
  await consoleLine(page, /The key moment: .* Run goes on\./);
  await page.getByTestId('run-toggle').click();
  await consoleLine(page, /The script has ended/);
  await says(story, /Once an entry of the leader's own term/);
});

test('Space runs and pauses a scenario that was just chosen, and playing again keeps the speed', async () => {
  await tool(page, 'scenarios');
  await page.getByTestId('scenario-08-figure-8-committed').press('Enter');
  const chosen = () => page.evaluate(() => document.activeElement.dataset.testid);
  await soon(chosen, 'run-toggle');
  await soon(async () => (await state()).lab.pacing.running, true);
  await page.keyboard.press('Space');
  await soon(async () => (await state()).lab.pacing.running, false);
  await page.evaluate(() => globalThis.helios.setSpeed(0.02));
  await page.getByRole('button', { name: 'Play again' }).press('Enter');
  await soon(async () => (await state()).lab.pacing.running, true);
  const { view, lab } = await state();
  assert.ok(view.now < 1_000_000, 'it begins again');
  assert.equal(lab.pacing.speed, 0.02);
  await soon(chosen, 'run-toggle');
  await page.keyboard.press('Space');
  await soon(async () => (await state()).lab.pacing.running, false);
});

test('a dropped file with a byte-order mark runs to its end at full speed, and pauses', async () => {
  const text = '\ufeff# Two minutes.\ncluster nodes=3 seed=4\nrun until leader\nset x=1\nrun 120s\n';
  const transfer = await page.evaluateHandle((content) => {
    const data = new DataTransfer();
    data.items.add(new File([content], 'dropped.helios', { type: 'text/plain' }));
    return data;
  }, text);
  await page.dispatchEvent('main.grid', 'drop', { dataTransfer: transfer });
  await page.getByTestId('opened-script').waitFor();
  await says(page.getByTestId('opened-script'), /dropped\.helios/);
  const { view, lab } = await stopped();
  assert.ok(view.now >= 120_000_000, `it is ${view.now} µs`);
  assert.equal(view.nodes.length, 3);
  assert.ok(lab.pacing.speed < 1, 'the speed is that of a lab to watch');
});

test('an expectation that fails stops the script at its line', async () => {
  await choose(file('fails.helios', 'cluster nodes=3 seed=4\nrun until leader\nexpect no leader\nrun 60s\n'));
  await consoleLine(page, /The script stopped at line 3/);
  const { view } = await stopped();
  assert.ok(view.now < 60_000_000);
});

test('what is no script changes nothing, and says where it is wrong', async () => {
  const before = await state();
  await choose(file('letter.txt', 'cluster nodes=3\nDear nodes,\n'));
  await consoleLine(page, /letter\.txt is not opened.*line 2/s);
  await page.getByTestId('console-last').waitFor();
  const after = await state();
  assert.equal(after.view.nodes.length, before.view.nodes.length);
  assert.equal(await page.getByTestId('opened-script').count(), 0);
});

test('several pasted lines are statements, and a pasted script with a cluster is opened', async () => {
  const paste = (text) => page.getByTestId('console-input').evaluate((input, content) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', content);
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
  await paste('# Two writes.\nset a=1 client=7\nset b=2 client=8');
  await consoleLine(page, /set a=1 client=7/);
  await consoleLine(page, /set b=2 client=8/);
  assert.equal(await page.getByTestId('opened-script').count(), 0);
  await paste('# A cluster.\ncluster nodes=3 seed=4\nrun 1s');
  await page.getByTestId('opened-script').waitFor();
  const { view } = await stopped();
  assert.equal(view.nodes.length, 3);
});
