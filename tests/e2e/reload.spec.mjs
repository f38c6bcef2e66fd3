// A durable lab keeps its past over a reload, and a branch can become the stored one.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import {
  atFullSpeed,
  consoleLine,
  exec,
  keysOf,
  leaderOnScreen,
  openLab,
  says,
  soon,
  until,
} from './lib/lab.mjs';
import { startServer } from './lib/server.mjs';

let server;
let browser;
let page;

const state = () => page.evaluate(() => globalThis.helios.state());
const pause = () => page.evaluate(() => globalThis.helios.setRunning(false));

/** Writes, and lets a second pass; before that, time stands still. */
const write = (line) => page.evaluate((text) => {
  globalThis.helios.exec(text);
  return globalThis.helios.exec('run 1s');
}, line);

/** Opens the page again, and waits until it is there. */
async function reload() {
  await page.reload();
  await page.getByTestId('node-1').waitFor();
  await atFullSpeed(page);
}

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await openLab(page, server.url);
  await until('a leader', () => leaderOnScreen(page));
  await atFullSpeed(page);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('the run before a reload is a branch again', async () => {
  await exec(page, 'set x=1');
  await exec(page, 'crash any follower');
  await exec(page, 'run 1s');
  await pause();
  const end = await state();
  // The page keeps the run soon after each thing that a person does.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await reload();
  await pause();
  const { lab } = await state();
  assert.equal(lab.time.earlier.length, 1);
  assert.equal(lab.time.earlier[0].statements, 2);
  await page.getByRole('button', { name: 'Statements' }).click();
  await page.getByTestId('recall-0').click();
  await until('the earlier run', async () => (await state()).view.trace_hash === end.view.trace_hash);
  const again = await state();
  // The events are those of the last steps, and a row tells several that are alike.
  const { events, ...facts } = again.view;
  const { events: eventsThen, ...factsThen } = end.view;
  assert.deepEqual(facts, factsThen);
  assert.equal(events.rows[0].event.number, eventsThen.rows[0].event.number);
  assert.deepEqual(again.lab.statements, end.lab.statements);
  assert.deepEqual(again.lab.time.branches.map(({ name }) => name), ['main', 'run 1']);
  assert.equal(again.lab.durable.mode, 'scratch');
  // One looks around in it, as in any branch.
  await page.getByTestId('previous-crash').click();
  await soon(async () => (await state()).lab.time.is_past, true);
});

test('a branch that is stored is there after the next reload', async () => {
  const keys = async () => keysOf((await state()).view, 1);
  await page.getByTestId('branch').selectOption('1');
  await until('the stored branch', async () => (await state()).lab.durable.mode === 'durable');
  await exec(page, 'run until converged');
  await write('set lost=1');
  // Before that write, another one is made.
  const last = (await state()).lab.statements.at(-1);
  assert.equal(last.text, 'set lost=1');
  await page.evaluate((line) => globalThis.helios.showBefore(line), last.line);
  await write('set kept=1');
  assert.deepEqual(Object.keys(await keys()).sort(), ['kept', 'x']);
  await page.getByTestId('adopt').click();
  await consoleLine(page, /is stored in this browser now, in place of main/);
  await soon(() => page.getByTestId('adopt').count(), 0);
  await until('it is stored', async () => (await state()).lab.durable.unsaved === 0);
  await reload();
  await says(page.getByTestId('recovered-banner'), /Recovered 5 nodes/);
  await exec(page, 'run until converged');
  await soon(async () => Object.keys(await keys()).sort().join(), 'kept,x');
});

test('a run in memory goes on after a reload, and the stored lab is one button away', async () => {
  await page.getByTestId('script-file').setInputFiles({
    name: 'mine.helios',
    mimeType: 'text/plain',
    buffer: Buffer.from('cluster nodes=3 seed=4\nrun until leader\nset a=1\nrun 1s\n'),
  });
  await until('the end', async () => {
    const { view, lab } = await state();
    return view.nodes.length === 3 && !lab.pacing.running;
  });
  const before = await state();
  await page.reload();
  await page.getByTestId('node-1').waitFor();
  assert.deepEqual((await state()).view, before.view);
  await page.getByRole('button', { name: /stored lab/i }).first().click();
  await until('the stored lab', async () => (await state()).lab.durable.mode === 'durable');
  await reload();
  assert.equal((await state()).lab.durable.mode, 'durable', 'the run in memory is over');
});
