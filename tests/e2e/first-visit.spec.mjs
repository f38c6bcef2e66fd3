// What a person sees who opens the page for the first time.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { leaderOnScreen, nodesOnScreen, openLab, until } from './lib/lab.mjs';
import { startServer } from './lib/server.mjs';

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('a first visit sees a leader within ten seconds, at the default speed', async () => {
  const page = await browser.newPage();
  const opened = Date.now();
  const errors = await openLab(page, server.url);
  const leader = await until('a leader', () => leaderOnScreen(page), 10_000 - (Date.now() - opened));
  assert.ok(leader.term >= 1);
  assert.equal((await nodesOnScreen(page)).length, 5);
  // Slow enough to follow: a message of some 10 ms is on its way for a good part of a second.
  const speed = await page.evaluate(() => globalThis.helios.state().lab.pacing.speed);
  assert.ok(speed > 0 && speed <= 1 / 20, `speed ${speed}`);
  assert.deepEqual(errors, []);
  await page.close();
});

test('the page works at every size, without scrolling sideways', async () => {
  for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]]) {
    const page = await browser.newPage({ viewport: { width, height } });
    const errors = await openLab(page, server.url);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.ok(overflow <= 0, `${width}×${height} is ${overflow} pixels too wide`);
    assert.ok(await page.getByTestId('run-toggle').isVisible(), `run at ${width}×${height}`);
    assert.deepEqual(errors, []);
    await page.close();
  }
});

test('pause stops the virtual clock, step moves it by one event', async () => {
  const page = await browser.newPage();
  await openLab(page, server.url);
  const clock = () => page.evaluate(() => globalThis.helios.state().view.now);
  await until('time passes', async () => (await clock()) > 0);
  await page.getByTestId('run-toggle').click();
  await until('the pause', () => page.evaluate(() => !globalThis.helios.state().lab.pacing.running));
  const paused = await clock();
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(await clock(), paused);
  await page.getByTestId('step').click();
  await until('one step', async () => (await clock()) > paused);
  await page.close();
});
