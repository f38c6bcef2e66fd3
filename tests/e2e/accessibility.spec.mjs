// Everyone can use the page: axe-core finds nothing serious, in light and dark, at every size.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { leaderOnScreen, openLab, says, until } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
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

for (const colorScheme of ['light', 'dark']) {
  for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]]) {
    test(`axe-core finds nothing serious: ${colorScheme}, ${width}×${height}`, async () => {
      const page = await browser.newPage({ colorScheme, viewport: { width, height } });
      await openLab(page, server.url);
      const leader = await until('a leader', () => leaderOnScreen(page));
      assert.deepEqual(await seriousViolations(page), []);
      await page.getByTestId(`node-${leader.id}`).click();
      assert.deepEqual(await seriousViolations(page), [], 'with the inspector open');
      await page.close();
    });
  }
}

test('a node that an event names is selected by the mouse, and by the keyboard', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await openLab(page, server.url);
  await until('a leader', () => leaderOnScreen(page));
  await page.evaluate(() => globalThis.helios.setRunning(false));
  await page.locator('.tab-events').click();
  const row = page.getByTestId('event-row').filter({ hasText: 'votes for' }).first();
  const named = row.locator('.event-words [data-select^="node "]').first();
  const name = await named.innerText();
  const title = new RegExp(name, 'i');
  await named.click();
  await says(page.locator('.panel-inspector h2'), title);
  await page.keyboard.press('Escape');
  await says(page.locator('.panel-inspector h2'), /^inspector/i);
  await page.locator('.tab-events').click();

  // Tab stops once in a row; the arrow keys go on from there.
  assert.equal(await row.locator('[data-select]:not([tabindex="-1"])').count(), 1);
  await row.locator('.event-node').focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.evaluate(() => document.activeElement.innerText), name);
  for (const words of ['term 1', '§5.2', '?', '?']) {
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.evaluate(() => document.activeElement.innerText), words, 'the last one');
  }
  for (const words of ['§5.2', 'term 1', name]) {
    await page.keyboard.press('ArrowLeft');
    assert.equal(await page.evaluate(() => document.activeElement.innerText), words);
  }
  await page.keyboard.press('ArrowLeft');
  assert.match(await page.evaluate(() => document.activeElement.className), /event-node/);
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  await says(page.locator('.panel-inspector h2'), title);
  await page.close();
});

test('reduced motion is respected', async () => {
  const page = await browser.newPage({ reducedMotion: 'reduce' });
  await openLab(page, server.url);
  const longest = await page.evaluate(() => {
    const durations = [...document.querySelectorAll('*')].flatMap((element) => {
      const style = getComputedStyle(element);
      return [style.animationDuration, style.transitionDuration].flatMap((list) => list.split(','));
    });
    return Math.max(0, ...durations.map((text) => parseFloat(text) || 0));
  });
  assert.ok(longest <= 0.01, `an animation of ${longest} s`);
  await page.close();
});
