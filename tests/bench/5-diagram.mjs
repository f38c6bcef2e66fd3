// The sequence diagram: its work in a frame, and a scroll over 100,000 events.

import { CROWD, isQuick, note, percentile, row, runScript, rounded, until, withPage } from './lib/bench.mjs';
import { traced } from './lib/trace.mjs';
import { view } from '../e2e/lib/lab.mjs';

const EVENTS = 100_000;
const SECONDS = isQuick ? 5 : 20;
const SCROLLS = isQuick ? 120 : 600;

const diagram = (page) => page.evaluate(() => globalThis.helios.state().lab.diagram);

/** Opens the diagram, and waits for it. Returns how long that took, in ms. */
async function open(page) {
  const began = Date.now();
  await page.keyboard.press('d');
  await until('the diagram', async () => (await diagram(page))?.computed === null);
  return Date.now() - began;
}

await withPage(async ({ page, browser }) => {
  await runScript(page, CROWD);
  await open(page);
  row('messages under way', (await view(page)).messages.length, '', { least: 500 });
  for (const [name, speed] of [['1/30', 1 / 30], ['1', 1]]) {
    await page.evaluate((wanted) => {
      globalThis.helios.setSpeed(wanted);
      globalThis.helios.setRunning(true);
    }, speed);
    const { frames, tasks } = await traced(browser, page, () => page.waitForTimeout(SECONDS * 1000));
    await page.evaluate(() => globalThis.helios.setRunning(false));
    const { items, left_out: leftOut } = await diagram(page);
    note(`speed ${name}: ${items.length} items, ${leftOut} left out`);
    row(`diagram open, work a frame at speed ${name}, half`, rounded(percentile(frames, 0.5)), 'ms');
    row(`diagram open, work a frame at speed ${name}, 95 of 100`, rounded(percentile(frames, 0.95)), 'ms', { limit: 8 });
    row(`diagram open, longest task at speed ${name}`, rounded(Math.max(...tasks)), 'ms', { limit: 50 });
  }
});

await withPage(async ({ page, browser }) => {
  await runScript(page, 'cluster nodes=5 seed=8\nload 100/s for=600s clients=4\nrun 30s\n');
  const events = await page.evaluate(() => globalThis.helios.state().view.events.rows[0].event.number);
  row('events of the run', events, '', { least: EVENTS });
  note(`opened in ${await open(page)} ms`);
  const sheet = page.getByTestId('diagram-sheet');
  await sheet.focus();
  await page.keyboard.press('Home');
  await until('the start', async () => (await diagram(page)).from === 0);
  for (let out = 0; out < 2; out += 1) await page.getByTestId('diagram-out').click();
  const box = await sheet.boundingBox();
  const { from, until: to, end } = await diagram(page);
  // So much for each turn of the wheel that the last one reaches the end.
  const pixels = ((end / (to - from)) * box.height) / SCROLLS;
  await page.mouse.move(box.x + box.width / 2, box.y + 50);
  await page.evaluate(() => {
    globalThis.gaps = [];
    let last = performance.now();
    const next = (now) => {
      globalThis.gaps.push(now - last);
      last = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  const { frames, tasks } = await traced(browser, page, async () => {
    for (let turn = 0; turn < SCROLLS; turn += 1) await page.mouse.wheel(0, pixels);
  });
  const gaps = (await page.evaluate(() => globalThis.gaps)).slice(1);
  note(`${frames.length} frames for ${SCROLLS} turns`);
  row('scrolling over the events, work a frame, half', rounded(percentile(frames, 0.5)), 'ms');
  row('scrolling over the events, work a frame, 95 of 100', rounded(percentile(frames, 0.95)), 'ms');
  row('scrolling over the events, longest task', rounded(Math.max(...tasks)), 'ms', { limit: 50 });
  row('scrolling over the events, longest gap between frames', rounded(Math.max(...gaps)), 'ms', { limit: 50 });
});
