// One field finds every command, lesson, word and action of the page, by the keyboard alone.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { consoleLine, leaderOnScreen, openLab, soon, until, view } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

let server;
let browser;
let page;
let errors;

const field = () => page.getByTestId('palette-field');
const rows = () => page.locator('.palette-row');
const chosen = () => page.locator('.palette-row[aria-selected=true]');
const isOpen = () => page.getByTestId('palette').count();

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  errors = await openLab(page, server.url);
  await until('a leader', () => leaderOnScreen(page));
  await page.evaluate(() => globalThis.helios.setRunning(false));
});

afterEach(async () => {
  assert.deepEqual(errors, []);
  await page.close();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** Opens it by its key, and searches. */
async function search(words) {
  await page.keyboard.press('Control+k');
  await field().waitFor();
  await page.keyboard.type(words);
}

test('the leader is crashed by a few letters, and the focus is where it was', async () => {
  await page.getByTestId('console-input').focus();
  const { leader } = await view(page);
  await search('crash le');
  await soon(() => chosen().locator('code').innerText(), `crash ${leader}`);
  await page.keyboard.press('Enter');
  await consoleLine(page, new RegExp(`crash ${leader}`));
  await soon(isOpen, 0);
  assert.equal(await page.evaluate(() => document.activeElement.id), 'console-input');
});

test('a command that needs arguments is written into the console, and they are selected', async () => {
  await search('split the network into groups');
  await soon(() => chosen().locator('code').innerText(), 'partition 1 2 | 3 4 5');
  await page.keyboard.press('Enter');
  await soon(() => page.getByTestId('console-input').inputValue(), 'partition 1 2 | 3 4 5');
  await until('the focus', () =>
    page.evaluate(() => document.activeElement.id === 'console-input'));
  await page.keyboard.type('1 | 2 3 4 5');
  await page.keyboard.press('Enter');
  await until('the partition', async () => (await view(page)).partition !== null);
  assert.deepEqual((await view(page)).partition.groups, [[1], [2, 3, 4, 5]]);

  // One without arguments runs, unless Tab takes it to the console.
  await search('heal');
  await page.keyboard.press('Tab');
  await soon(() => page.getByTestId('console-input').inputValue(), 'heal');
  await search('heal');
  await page.keyboard.press('Enter');
  await until('the whole network', async () => (await view(page)).partition === null);
});

test('the arrow keys choose, and what was used last comes first', async () => {
  await search('glossary');
  await soon(() => chosen().count(), 1);
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: /words|glossary/i }).waitFor();
  await page.keyboard.press('Escape');
  await soon(() => page.getByRole('dialog').count(), 0);
  await search('');
  assert.match(await rows().first().innerText(), /Open the glossary/);
  await page.keyboard.press('ArrowDown');
  await soon(() => rows().nth(1).getAttribute('aria-selected'), 'true');
  assert.equal(await field().getAttribute('aria-activedescendant'), 'palette-1');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await soon(() => rows().last().getAttribute('aria-selected'), 'true');
  await page.keyboard.press('Escape');
  await soon(isOpen, 0);
});

test('lessons, scenarios, properties, rules, panels, words and moments are found', async () => {
  for (const [words, kind] of [
    ['leader crash', 'Scenario'],
    ['election safety', 'Property'],
    ['vote-ignores-log', 'Rule'],
    ['breaks', 'Panel'],
    ['quorum:', 'Word'],
    ['leads in term', 'Go to'],
    ['slower', 'Page'],
    ['student', 'Lesson'],
  ]) {
    await search(words);
    await until(`${kind} for ${words}`, async () => {
      const kinds = await page.locator('.palette-row .palette-kind').allTextContents();
      return kinds.includes(kind);
    });
    await page.keyboard.press('Escape');
    await soon(isOpen, 0);
  }
});

test('an empty result says what was searched, and what is close', async () => {
  await search('partishun');
  const nothing = page.getByTestId('palette-nothing');
  await until('the words', async () => /Nothing has “partishun”/.test(await nothing.innerText()));
  assert.match(await nothing.innerText(), /\d+ commands, .*\d+ lessons, .*Close to it:/);
  const close = await rows().allInnerTexts();
  assert.ok(close.some((row) => /partition/.test(row)), close.join('; '));
  await field().fill('qqqqqq');
  await soon(() => rows().count(), 0);
});

test('the keys of the help are those of the palette', async () => {
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Help' }).getByText('Ctrl+K').waitFor();
  await page.keyboard.press('Escape');
  await search('share this moment');
  await soon(() => chosen().locator('kbd').innerText(), 'y');
});

test('it opens while the focus is still in a dialog that was closed', async () => {
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Help' }).getByText('Ctrl+K').waitFor();
  await page.evaluate(() => {
    document.querySelector('dialog[open]').close();
    const keys = { key: 'k', ctrlKey: true, bubbles: true, cancelable: true };
    // Until the next frame the focus is in the closed dialog.
    document.activeElement.dispatchEvent(new KeyboardEvent('keydown', keys));
  });
  await field().waitFor();
});

for (const colorScheme of ['light', 'dark']) {
  for (const [width, height] of [[1440, 900], [1024, 768], [390, 844]]) {
    test(`axe-core finds nothing serious: ${colorScheme}, ${width}×${height}`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await page.getByTestId('search').click();
      await field().fill('le');
      await until('rows', () => rows().count());
      assert.deepEqual(await seriousViolations(page), []);
      const outside = await page.evaluate(() =>
        document.documentElement.scrollWidth > document.documentElement.clientWidth);
      assert.equal(outside, false, 'the page does not scroll');
    });
  }
}
