// The network is split by hand: by a line around nodes, by the keyboard, and by pulling a node away.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { consoleLine, exec, leaderOnScreen, openLab, says, soon, until, view } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

let server;
let browser;
let context;
let page;
let errors;

const sides = () => page.getByTestId('split-sides');
const groups = async () => (await view(page)).partition?.groups ?? null;
const same = (wanted) => async () => JSON.stringify(await groups()) === JSON.stringify(wanted);

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, hasTouch: true });
  page = await context.newPage();
  errors = await openLab(page, server.url);
  await until('a leader', () => leaderOnScreen(page));
  await page.evaluate(() => globalThis.helios.setRunning(false));
  await page.getByTestId('split-draft').waitFor();
});

afterEach(async () => {
  assert.deepEqual(errors, []);
  await context.close();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

async function centre(id) {
  const { x, y, width, height } = await page.getByTestId(`node-${id}`).boundingBox();
  return [x + width / 2, y + height / 2];
}

/** Drags the mouse along these points, and stays there. */
async function drag(points) {
  const [first, ...rest] = points;
  await page.mouse.move(...first);
  await page.mouse.down();
  for (const point of rest) await page.mouse.move(...point, { steps: 5 });
}

/** Waits for words in what is drawn. */
function drawn(pattern) {
  const words = async () => (await page.getByTestId('split-gesture').textContent()) ?? '';
  return until(`words like ${pattern}`, async () => pattern.test(await words()));
}

/** A line around nodes 2 and 3, which are at the right, from the ground and back to it. */
async function around23() {
  const [x2, y2] = await centre(2);
  const [x3, y3] = await centre(3);
  const out = 62;
  return [
    [x2 - 20, y2 - out],
    [x2 + out, y2 - out],
    [x2 + out, y3 + out],
    [x3 - out, y3 + out],
    [x3 - out, y3 - out],
    [x2 - out, y2],
  ];
}

test('a line around nodes drafts a split, which is one statement', async () => {
  await drag(await around23());
  await page.getByTestId('split-gesture').waitFor();
  await page.mouse.up();
  await says(sides(), /^2 3 \| 1 4 5$/);
  assert.equal(await groups(), null, 'a draft only');
  assert.deepEqual(await seriousViolations(page), []);

  // A click puts a node on the other side, and selects nothing.
  await page.getByTestId('node-4').click();
  await says(sides(), /^2 3 4 \| 1 5$/);
  assert.equal(await page.getByTestId('node-4').getAttribute('aria-pressed'), 'false');
  await page.getByTestId('split-apply').click();
  await until('the split', same([[2, 3, 4], [1, 5]]));
  await consoleLine(page, /partition 2 3 4 \| 1 5/);
  await page.getByTestId('split-draft').waitFor();
});

test('a line that is given up, or goes around nothing, changes nothing', async () => {
  await drag(await around23());
  await page.getByTestId('split-gesture').waitFor();
  await page.keyboard.press('Escape');
  await soon(() => page.getByTestId('split-gesture').count(), 0);
  await page.mouse.up();
  assert.equal(await sides().count(), 0);
  await drag(await around23());
  await page.mouse.up();
  await sides().waitFor();
  await page.keyboard.press('Escape');
  await soon(() => sides().count(), 0);
  await drag(await around23());
  await page.mouse.up();
  await page.getByTestId('split-cancel').click();
  await soon(() => sides().count(), 0);
  assert.equal(await groups(), null);
});

test('the keyboard splits the network', async () => {
  await page.keyboard.press('s');
  await says(sides(), /^nobody \| 1 2 3 4 5$/);
  const focused = () => page.evaluate(() => document.activeElement.dataset.testid);
  await soon(focused, 'split-apply');
  await soon(() => page.getByTestId('split-apply').getAttribute('aria-disabled'), 'true');
  await page.keyboard.press('Enter');
  assert.equal(await groups(), null, 'a side is empty');
  await page.keyboard.press('1');
  await page.keyboard.press('3');
  await says(sides(), /^1 3 \| 2 4 5$/);
  await page.getByTestId('node-3').focus();
  await page.keyboard.press('Space');
  await says(sides(), /^1 \| 2 3 4 5$/);
  await page.getByTestId('node-2').focus();
  await page.keyboard.press('Enter');
  await says(sides(), /^1 2 \| 3 4 5$/);
  assert.equal(await page.getByRole('menu').count(), 0);
  await page.getByTestId('split-apply').focus();
  await page.keyboard.press('Enter');
  await until('the split', same([[1, 2], [3, 4, 5]]));
  await soon(focused, 'run-toggle');
});

test('a node that is pulled away is isolated, and others stay where they are', async () => {
  const [x, y] = await centre(5);
  await drag([[x, y], [x + 30, y + 10]]);
  await drawn(/Farther away/);
  await page.mouse.up();
  assert.equal(await groups(), null, 'too near');
  assert.equal(await page.getByTestId('node-5').getAttribute('aria-pressed'), 'false');
  await drag([[x, y], [x + 200, y]]);
  await drawn(/node 5 is isolated/);
  await page.keyboard.press('Escape');
  await page.mouse.up();
  assert.equal(await groups(), null, 'given up');
  await drag([[x, y], [x + 200, y]]);
  await page.mouse.up();
  await until('the isolation', async () => JSON.stringify((await groups())?.[0]) === '[5]');
  await consoleLine(page, /partition 5 \| others/);

  await exec(page, 'partition 1 2 | 3 4 5');
  const [u, v] = await centre(4);
  await drag([[u, v], [u + 60, v - 220]]);
  await page.mouse.up();
  await until('the other sides', same([[4], [1, 2], [3, 5]]));
});

test('a finger draws too', async () => {
  const session = await context.newCDPSession(page);
  const touch = (type, ...touchPoints) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints });
  const [x, y] = await centre(5);
  await touch('touchStart', { x, y });
  for (let part = 1; part <= 6; part += 1) await touch('touchMove', { x: x + part * 35, y });
  await drawn(/node 5 is isolated/);
  await touch('touchEnd');
  await until('the isolation', async () => JSON.stringify((await groups())?.[0]) === '[5]');
  assert.equal(await page.getByRole('menu').count(), 0);
});

test('a round trip near the election timeouts is told, with its section', async () => {
  const warning = page.getByTestId('tight-timing');
  assert.equal(await warning.count(), 0);
  await exec(page, 'link all latency=10ms..90ms');
  await says(warning, /round trip to a majority takes up to 1\d\d ms, .* begin at 150 ms/);
  assert.deepEqual(await seriousViolations(page), []);
  await warning.getByText('§5.6').click();
  await page.getByRole('dialog', { name: 'The rule' }).waitFor();
  await page.keyboard.press('Escape');
  await warning.getByLabel('Dismiss').click();
  await soon(() => warning.count(), 0);
  await exec(page, 'link all latency=10ms..100ms');
  await says(warning, /majority takes up to 2\d\d ms/);
});

for (const colorScheme of ['light', 'dark']) {
  for (const [width, height] of [[1024, 768], [390, 844]]) {
    test(`axe-core finds nothing serious: ${colorScheme}, ${width}×${height}`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await page.getByTestId('split-draft').click();
      await page.getByTestId('node-2').click();
      await says(sides(), /^2 \| 1 3 4 5$/);
      assert.deepEqual(await seriousViolations(page), []);
    });
  }
}
