// Experiments run in workers: the chart grows, the table is the command line's, the page goes on.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { openLab, says, tool, until, view } from './lib/lab.mjs';
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

async function opened(t, viewport = { width: 1440, height: 900 }) {
  const page = await browser.newPage({ viewport });
  t.after(() => page.close());
  const errors = await openLab(page, server.url);
  t.after(() => assert.deepEqual(errors, []));
  if (viewport.width >= 1100) {
    await tool(page, 'experiments');
  } else {
    await page.getByTestId('lessons').click();
    await page.getByTestId('to-experiments').click();
  }
  return page;
}

test('an election experiment has a chart, a table beside the paper, and its CSV', async (t) => {
  const page = await opened(t);
  await page.getByTestId('dial-election').fill('150ms..155ms,150ms..300ms');
  await page.getByTestId('experiment-trials').fill('50');
  await page.getByTestId('experiment-run').click();
  await says(page.getByTestId('experiment-progress'), /: 100 of 100 trials/);
  const chart = page.getByTestId('experiment-charts').locator('svg');
  assert.equal(await chart.count(), 1);
  assert.match(await chart.innerHTML(), /150ms\.\.155ms/);
  await says(page.getByTestId('experiment-table'), /p50 287/);
  const saved = page.waitForEvent('download');
  await page.getByTestId('save-csv').click();
  const csv = await readFile(await (await saved).path(), 'utf8');
  assert.match(csv, /\n150ms\.\.155ms,100us\.\.300us,.*,50,/);
  assert.deepEqual(await seriousViolations(page), []);
});

test('a wrong dial is refused with the place and what to do', async (t) => {
  const page = await opened(t);
  await page.getByTestId('dial-latency').fill('0.1..0.3');
  await page.getByTestId('experiment-run').click();
  await says(page.locator('#experiment-error'), /dial `latency`, column 1: expected a delay/);
});

test('the page goes on while an experiment runs, and it can be cancelled', async (t) => {
  const page = await opened(t);
  await page.getByTestId('experiment').selectOption('availability');
  await page.getByTestId('experiment-trials').fill('100000');
  await page.getByTestId('experiment-run').click();
  await says(page.getByTestId('experiment-progress'), /[1-9]\d* of 300\D000 trials/);
  const before = (await view(page)).now;
  await page.keyboard.press('Escape');
  await says(page.getByTestId('searching'), /availability/);
  await until('time passes', async () => (await view(page)).now > before);
  await page.getByTestId('searching').getByText('Show').click();
  await page.getByTestId('experiment-run').click();
  await says(page.getByTestId('experiment-run'), /Run/);
});

test('every experiment runs by keyboard on a phone, and nothing is wider than it', async (t) => {
  const page = await opened(t, { width: 390, height: 844 });
  for (const name of ['commit-latency', 'throughput', 'pre-vote']) {
    await page.getByTestId('experiment').selectOption(name);
    await page.getByTestId('experiment-trials').fill('1');
    await page.getByTestId('experiment-trials').press('Enter');
    await says(page.getByTestId('experiment-progress'), new RegExp(`${name}: (\\d+) of \\1 trials`));
    const wide = await page.evaluate(
      () => document.querySelector('.experiments').scrollWidth > window.innerWidth,
    );
    assert.equal(wide, false, name);
  }
  assert.deepEqual(await seriousViolations(page), []);
});
