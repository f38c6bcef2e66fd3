// Runs are searched in workers: the page goes on, and what is found opens.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { openLab, says, soon, tool, until, view } from './lib/lab.mjs';
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

async function opened(t) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  t.after(() => page.close());
  const errors = await openLab(page, server.url);
  t.after(() => assert.deepEqual(errors, []));
  return page;
}

async function look(page, condition) {
  await tool(page, 'find');
  await page.getByTestId('find-condition').fill(condition);
}

test('a drawn run is found, of the program only the jobs are loaded, and it opens there', async (t) => {
  const page = await opened(t);
  const loaded = [];
  page.on('request', (request) => loaded.push(request.url()));
  await look(page, 'happened two-leaders');
  await page.getByTestId('find-begin').click();
  await says(page.getByTestId('find-hits'), /seed \d+, at/);
  assert.ok(loaded.some((url) => url.endsWith('split_jobs.wasm')));
  assert.deepEqual(loaded.filter((url) => url.endsWith('web_bg.wasm')), []);
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole('button', { name: /^Open seed/ }).first().click();
  await says(page.getByTestId('opened-script'), /happened two-leaders/);
  const holds = () => globalThis.helios.exec('expect happened two-leaders').then(() => true);
  await until('the moment', () => page.evaluate(holds).catch(() => false));
});

test('the page goes on while it searches, and a search can be cancelled', async (t) => {
  const page = await opened(t);
  await look(page, 'term >= 100000');
  await page.getByTestId('find-runs').fill('100000');
  await page.getByTestId('find-begin').click();
  await says(page.getByTestId('find-progress'), /a second/);
  const before = (await view(page)).now;
  await page.keyboard.press('Escape');
  await says(page.getByTestId('searching'), /term >= 100000/);
  await until('time passes', async () => (await view(page)).now > before);
  await page.getByTestId('searching').getByText('Show').click();
  await page.getByTestId('find-begin').click();
  await says(page.getByTestId('find-progress'), /was not found in/);
  await page.keyboard.press('Escape');
  await until('no notice', async () => (await page.getByTestId('searching').count()) === 0);
});

test('futures of the shown moment: how many, since when, and one as a branch', async (t) => {
  const page = await opened(t);
  for (const line of ['run until leader', 'run 200ms', 'link all loss=70%', 'run 100ms']) {
    await page.evaluate((line) => window.helios.exec(line), line);
  }
  await page.evaluate(() => window.helios.pause?.());
  await look(page, 'no leader');
  await page.getByTestId('find-futures').check();
  await page.getByTestId('find-seconds').fill('0.4');
  await page.getByTestId('find-runs').fill('40');
  await page.getByTestId('find-begin').click();
  await says(page.getByTestId('find-progress'), /came to hold in \d+ of 40 runs within 0.4 s/);
  await page.getByTestId('chances-seconds').fill('0.2');
  await page.getByTestId('chances-begin').click();
  await soon(() => page.getByTestId('chances').locator('li').count(), 12);
  await until('every moment', async () => !/…/.test(await page.getByTestId('chances').innerText()));
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByRole('button', { name: /^Open future/ }).first().click();
  await until('a branch', async () => (await view(page)).leader === null);
});

test('a condition that is none is refused where it is typed', async (t) => {
  const page = await opened(t);
  await look(page, 'leader perhaps');
  await page.getByTestId('find-begin').click();
  await says(page.locator('#find-error'), /perhaps/);
});

test('a run of the board is found and shortened', async (t) => {
  const page = await opened(t);
  await tool(page, 'find');
  await page.getByTestId('event-split-vote').getByRole('button').click();
  await says(page.getByTestId('find-hits'), /seed \d+, at/);
  await page.getByRole('button', { name: /^Shorten seed/ }).first().click();
  await says(page.getByTestId('short-script'), /expect happened split-vote/);
  await page.getByTestId('open-short').click();
  await says(page.getByTestId('opened-script'), /shortened/);
});

test('rare events are counted', async (t) => {
  const page = await opened(t);
  await tool(page, 'find');
  await page.getByTestId('board-count').click();
  await says(page.getByTestId('event-split-vote'), /in \d+ of \d+ runs/);
});
