// The places of the areas: nothing moves by itself, nothing is cut off, the page never scrolls.

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
  tool,
  type,
  until,
  view,
} from './lib/lab.mjs';
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

/** A cluster that has led, crashed and written. */
async function aRun(page, nodes = 5) {
  await openLab(page, server.url);
  await until('a leader', () => leaderOnScreen(page));
  await atFullSpeed(page);
  for (let id = 6; id <= nodes; id += 1) await exec(page, `add ${id}`);
  for (const line of ['set x=1', 'run 1s', 'crash 3', 'set y=2', 'run 2s']) await exec(page, line);
  await page.evaluate(() => globalThis.helios.setRunning(false));
}

/** The area of a thing that can be seen, without the parts that lie outside of its ancestors. */
function shown(page, selector) {
  return page.evaluate((selector) => {
    const element = document.querySelector(selector);
    let { left, top, right, bottom } = element.getBoundingClientRect();
    for (let up = element.parentElement; up; up = up.parentElement) {
      const box = up.getBoundingClientRect();
      if (getComputedStyle(up).overflow === 'visible') continue;
      [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
      [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
    }
    return { left, top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
  }, selector);
}

const SIZES = [[1440, 900], [1280, 720], [1024, 768], [1024, 600], [853, 480], [390, 844], [360, 225]];

test('at every size the page itself never scrolls, and the cluster or the logs are whole', async () => {
  for (const [width, height] of SIZES) {
    const page = await browser.newPage({ viewport: { width, height } });
    await aRun(page);
    const name = `${width}×${height}`;
    const scrolls = await page.evaluate(() => {
      const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
      return [scrollWidth - clientWidth, scrollHeight - clientHeight];
    });
    assert.deepEqual(scrolls.map((by) => Math.max(0, by)), [0, 0], `${name} scrolls`);
    if (height >= 480) {
      const ring = await shown(page, '.topology');
      assert.ok(ring.width >= 240 && ring.height >= 150, `${name}: the ring is ${JSON.stringify(ring)}`);
      const logs = await shown(page, '.panel-logs .rows');
      assert.ok(logs.height >= 80, `${name}: the logs are ${JSON.stringify(logs)}`);
    }
    // On a phone it opens from the list of tools.
    if (width < 768) await tool(page, 'open-console');
    assert.ok(await page.getByTestId('console-input').isVisible(), `${name}: the console's line`);
    await page.close();
  }
});

test('nothing moves by itself while the cluster lives', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await openLab(page, server.url);
  await until('a leader', () => leaderOnScreen(page));
  await page.evaluate(() => {
    globalThis.shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        // Lists that follow the end of the run move, and the words of a new sentence stand elsewhere.
        const follows = '.event-list, .rows, .tape, .console-last, .headline';
        const moved = entry.sources.map(({ node }) => (node?.nodeType === 1 ? node : node?.parentElement))
          .filter((element) => element && !element.closest(follows));
        if (moved.length > 0) globalThis.shifts.push([entry.value, String(moved.map((one) => one.className))]);
      }
    }).observe({ type: 'layout-shift' });
  });
  const before = await shown(page, '.topology');
  await atFullSpeed(page);
  for (const line of ['crash leader', 'run 1s', 'partition 1 2 | others', 'run 1s', 'heal', 'run 1s',
    'set colour=a-value-that-is-longer-than-its-cell', 'run 1s', 'add 6 as learner', 'run 1s']) {
    await exec(page, line);
    await page.waitForTimeout(100);
    assert.deepEqual(await shown(page, '.topology'), before, `the ring moved after ${line}`);
  }
  const shifts = await page.evaluate(() => globalThis.shifts);
  const total = shifts.reduce((sum, [value]) => sum + value, 0);
  assert.ok(total < 0.02, `things moved by ${total}: ${JSON.stringify(shifts)}`);
  await page.close();
});

test('the console is a line that opens, and an error is seen without opening it', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await openLab(page, server.url);
  const lines = page.getByRole('log', { name: 'Console' });
  assert.equal(await lines.isVisible(), false);
  await type(page, 'crush 1');
  await consoleLine(page, /crush 1/);
  const last = page.getByTestId('console-last');
  await says(last, /\^/);
  assert.ok(await last.isVisible());
  await page.getByTestId('console-toggle').click();
  await lines.waitFor();
  await soon(() => last.count(), 0);
  await page.getByTestId('run-toggle').focus();
  await page.keyboard.press('`');
  await until('it closes', async () => !(await lines.isVisible()));
  // On a low screen it lies over the line of the run, and the cluster stays whole.
  await page.setViewportSize({ width: 1024, height: 768 });
  const height = async () => (await page.locator('.panel-cluster').boundingBox()).height;
  const before = await height();
  await page.getByTestId('console-toggle').click();
  await lines.waitFor();
  assert.equal(await height(), before);
  assert.ok(before > 200, `${before}`);
  await page.close();
});

test('the tools beside the clock never lie over it', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await openLab(page, server.url);
  for (const width of [1800, 1799, 1680, 1560, 1440, 1400, 1399, 1366, 1320, 1319, 1280, 1200, 1024, 900, 768]) {
    await page.setViewportSize({ width, height: 800 });
    const overlaps = await page.evaluate(() => {
      const parts = document.querySelectorAll('.bar button, .bar .speed, .bar .clock, .bar .brand');
      const boxes = [...parts].map((part) => [part.textContent, part.getBoundingClientRect()]);
      const found = [];
      for (const [name, one] of boxes) {
        for (const [other, two] of boxes) {
          if (name < other && one.left < two.right - 0.5 && two.left < one.right - 0.5) {
            found.push(`${name} and ${other}`);
          }
        }
      }
      return { found, outside: boxes.filter(([, box]) => box.right > innerWidth + 0.5).map(([name]) => name) };
    });
    assert.deepEqual(overlaps, { found: [], outside: [] }, `at ${width}`);
  }
  await page.close();
});

test('seven nodes are apart on a small screen', async () => {
  const page = await browser.newPage({ viewport: { width: 853, height: 480 } });
  await aRun(page, 7);
  const centres = await page.evaluate(() =>
    [...document.querySelectorAll('.node-shape')].map((shape) => {
      const { left, top, width, height } = shape.getBoundingClientRect();
      return [left + width / 2, top + height / 2, Math.max(width, height) / 2];
    }));
  assert.equal(centres.length, 7);
  for (const [place, [x, y, r]] of centres.entries()) {
    for (const [u, v, s] of centres.slice(place + 1)) {
      assert.ok(Math.hypot(x - u, y - v) > r + s, 'two nodes overlap');
    }
  }
  await page.close();
});

/** The box of a thing, in whole pixels. */
const box = async (page, selector) => {
  const { x, y, width, height } = await page.locator(selector).first().boundingBox();
  return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) };
};

test('a border is moved by the pointer and by keys, kept for the next visit, and put back', async (t) => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  t.after(() => page.close());
  await openLab(page, server.url);
  await page.evaluate(() => globalThis.helios.setRunning(false));
  const before = await box(page, '.panel-logs');
  const border = await box(page, '[data-testid="border-ring"]');
  const [x, y] = [border.x + border.width / 2, border.y + 200];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x - 100, y, { steps: 4 });
  await page.mouse.up();
  const after = await box(page, '.panel-logs');
  assert.ok(Math.abs(before.x - after.x - 100) <= 14, `${before.x} to ${after.x}`);
  // The other borders stay.
  assert.ok(Math.abs(after.x + after.width - before.x - before.width) <= 1);
  await page.getByTestId('border-panel').focus();
  const panel = await box(page, '.panel-events');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  const wider = await box(page, '.panel-events');
  assert.ok(wider.width > panel.width + 40, `${panel.width} to ${wider.width}`);
  await page.reload();
  await page.locator('.panel-logs .rows').waitFor();
  const kept = await box(page, '.panel-events');
  assert.equal(kept.width, wider.width);
  await page.getByTestId('border-ring').dblclick();
  await page.getByTestId('border-panel').focus();
  await page.keyboard.press('Enter');
  assert.deepEqual(await box(page, '.panel-logs'), before);
  assert.equal((await box(page, '.panel-events')).width, panel.width);
});

test('on a phone everything that matters is under a thumb', async (t) => {
  const page = await browser.newPage({
    viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true,
  });
  t.after(() => page.close());
  const errors = await openLab(page, server.url);
  await until('a leader', () => leaderOnScreen(page));
  await atFullSpeed(page);
  const outside = () => page.evaluate(() =>
    [...document.querySelectorAll('.page button, .page input, .page [role=separator]')]
      .filter((element) => element.checkVisibility() && !element.closest('.tabs, .tape-bar, .diagram-bar'))
      .map((element) => [element.textContent || element.ariaLabel, element.getBoundingClientRect()])
      .filter(([, { left, right }]) => left < -0.5 || right > innerWidth + 0.5)
      .map(([name]) => name));
  assert.deepEqual(await outside(), []);

  // The bar at the bottom: things of 44 pixels at least.
  for (const name of ['step-back', 'run-toggle', 'step', 'act']) {
    const { width, height } = await box(page, `[data-testid="${name}"]`);
    assert.ok(width >= 44 && height >= 44, `${name}: ${width}×${height}`);
  }
  await page.getByRole('button', { name: /speed:/ }).click();
  assert.ok(await page.getByTestId('speed').isVisible());
  await page.keyboard.press('Escape');
  await until('the slider is closed', async () => !(await page.getByTestId('speed').isVisible()));

  // Act: what one can do to the cluster, or to what is selected.
  await page.getByTestId('act').click();
  await page.getByTestId('menu-write').click();
  await until('a write', async () => (await leaderOnScreen(page)) && 'x' in keysOf(await view(page), 1));
  const { id } = await leaderOnScreen(page);
  await page.getByTestId(`node-${id}`).tap();
  await page.getByTestId('act').click();
  await page.getByTestId('menu-crash').click();
  await until('it is down', async () => !(await leaderOnScreen(page)) || (await leaderOnScreen(page)).id !== id);

  // The sheet: its panels, lower, and higher by its handle.
  await page.locator('.tab-logs').tap();
  const half = await box(page, '.panel-logs');
  assert.ok(half.height > 180, `${half.height}`);
  await page.getByTestId('tab-ring').tap();
  const low = await box(page, '.topology');
  assert.equal((await box(page, '.panel-logs')).height, 0);
  await page.locator('.tab-events').tap();
  assert.ok((await box(page, '.panel-events')).height > 180);
  assert.ok((await box(page, '.topology')).height < low.height - 150);
  const handle = await box(page, '[data-testid="border-sheet"]');
  const [x, y] = [handle.x + handle.width / 2, handle.y + 6];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x, y - 80, { steps: 4 });
  await page.mouse.up();
  const high = (await box(page, '.panel-events')).height;
  assert.ok(Math.abs(high - half.height - 80) <= 10, `${half.height} to ${high}`);

  // In the past there is the way along the run, and back.
  await page.evaluate(() => globalThis.helios.setRunning(false));
  await page.getByTestId('step-back').click();
  await page.getByTestId('play-backward').waitFor();
  await page.getByTestId('return-to-live').click();
  await until('it is gone', async () => !(await page.getByTestId('play-backward').isVisible()));

  // A command that fails is told, also while the console is closed.
  await page.evaluate(() => globalThis.helios.exec('crash 99').catch(() => {}));
  await page.getByTestId('console-last').waitFor();
  assert.deepEqual(await outside(), []);
  assert.deepEqual(errors, []);
});

test('on paper there are the sentence, the cluster, the logs, the keys and the run', async (t) => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, colorScheme: 'dark' });
  t.after(() => page.close());
  await aRun(page);
  await page.emulateMedia({ media: 'print' });
  for (const seen of ['.headline', '.topology', '.panel-logs .rows', '.panel-kv', '.tape-terms']) {
    assert.ok(await page.locator(seen).isVisible(), seen);
  }
  for (const hidden of ['.top-actions', '.time', '.tabs', '.console', '.panel-events']) {
    assert.equal(await page.locator(hidden).isVisible(), false, hidden);
  }
  assert.ok((await page.pdf({ preferCSSPageSize: true })).length > 10_000);
});
