// The disk lab: the records of a node beside its memory, its writes, and what recovery says.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { atFullSpeed, exec, openLab, says, soon, type, until, view } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});

after(async () => {
  await browser.close();
  await server.close();
});

const WIDE = { width: 1440, height: 900 };

async function opened(t, viewport = WIDE) {
  const page = await browser.newPage({ viewport });
  t.after(() => page.close());
  const errors = await openLab(page, server.url);
  t.after(() => assert.deepEqual(errors, []));
  await atFullSpeed(page);
  for (const line of ['run until leader', 'set x=1', 'run until idle', 'run 200ms']) {
    await exec(page, line);
  }
  await page.evaluate(() => globalThis.helios.setRunning(false));
  return page;
}

/** The row of a record, by its title with dashes. */
function record(page, title) {
  return page.getByTestId(`record-${title}`);
}

test('a damaged record is found at the next start, and undone', async (t) => {
  const page = await opened(t);
  await page.getByTestId('node-3').click();
  await page.getByTestId('show-disk').click();
  await says(page.getByTestId('disk-recovery'), /node 3 starts in term/);
  await says(record(page, 'entry-2'), /x=1[^]*x=1/);
  assert.deepEqual(await seriousViolations(page), []);

  await record(page, 'entry-2').getByRole('button').click();
  await says(page.getByTestId('disk-record'), /entry 2/);
  await page.getByTestId('disk-corrupt').click();
  await says(record(page, 'entry-2'), /checksum[^]*at its next start/);
  await says(page.getByTestId('disk-recovery'), /entry 2 is damaged/);
  assert.equal((await view(page)).nodes[2].state, 'running');
  assert.deepEqual(await seriousViolations(page), []);

  assert.ok(await page.getByTestId('disk-restart').isDisabled());
  assert.match(await page.getByTestId('disk-wipe').getAttribute('title'), /must be down/);
  await page.getByTestId('disk-lose').click();
  await page.getByTestId('disk-restart').click();
  await says(page.getByTestId('disk-start'), /refuses to start: entry 2 is damaged/);
  assert.equal((await view(page)).nodes[2].state, 'refused');

  // Three commands are taken back: restart, crash, corrupt.
  for (let command = 0; command < 3; command += 1) {
    await page.getByTestId('disk-state').click();
    await page.keyboard.press('Control+z');
  }
  await says(page.getByTestId('disk-recovery'), /node 3 starts in term/);
  await says(record(page, 'entry-2'), /x=1[^]*x=1/);
});

test('writes are under way, durable or lost', async (t) => {
  const page = await opened(t);
  const { leader } = await view(page);
  await page.getByTestId(`node-${leader}`).click();
  await page.keyboard.press('D');
  await until('durable writes', () => page.locator('[data-result="durable"]').count());
  await exec(page, `disk ${leader} latency=5s`);
  // The answer comes when time passes.
  await type(page, 'set y=2');
  await exec(page, 'run 50ms');
  await says(record(page, 'entry-3'), /not yet[^]*y=2[^]*a crash now can lose it/);
  await says(page.getByTestId('disk-write').first(), /entry 3[^]*under way, due at/);
  await page.getByTestId('disk-lose').click();
  await says(page.getByTestId('disk-write').first(), /entry 3[^]*lost after/);
  await soon(() => record(page, 'entry-3').count(), 0);
  // The moment before the crash.
  await page.keyboard.press(',');
  await says(page.getByTestId('disk-write').first(), /under way/);
  await says(record(page, 'entry-3'), /a crash now can lose it/);
  await page.keyboard.press('End');
  await says(page.getByTestId('disk-write').first(), /lost after/);
});

test('the keyboard reaches the disk, its records and its nodes', async (t) => {
  const page = await opened(t);
  await page.keyboard.press('D');
  const { leader } = await view(page);
  await says(page.locator('.panel-disk h2'), new RegExp(`Disk of node ${leader}`));
  await soon(() => page.evaluate(() => document.activeElement.id), 'disk-node');
  const first = record(page, 'term-and-vote').getByRole('button');
  await first.focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await says(page.getByTestId('disk-record'), /term-copy/);
  await page.getByTestId('disk-target').selectOption('entry 2');
  await page.getByTestId('disk-misdirect').click();
  await says(page.getByTestId('disk-recovery'), /copy of term and vote is missing/);
  await page.getByRole('button', { name: 'Disk of node 1' }).click();
  await says(page.locator('.panel-disk h2'), /Disk of node 1/);
  await page.keyboard.press('D');
  await soon(() => page.locator('.panel-disk').count(), 0);
});

test('a small screen shows the disk in place of the other panels', async (t) => {
  const page = await opened(t, { width: 390, height: 844 });
  await page.locator('#tab-disk').click();
  await says(page.getByTestId('disk-recovery'), /Recovery now/);
  assert.equal(await page.locator('.panel-logs').isVisible(), false);
  assert.deepEqual(await seriousViolations(page), []);
  await page.locator('#tab-logs').click();
  await soon(() => page.locator('.panel-disk').count(), 0);
  assert.equal(await page.locator('.panel-logs').isVisible(), true);
});
