// Nine nodes, 500 messages under way, 10,000 entries in each log: the work on the main thread.

import { CROWD, drawn, isQuick, note, percentile, rounded, row, runScript, seek, withPage } from './lib/bench.mjs';
import { traced } from './lib/trace.mjs';
import { until, view } from '../e2e/lib/lab.mjs';

const MESSAGES = 500;
const SECONDS = isQuick ? 5 : 20;

/** Traces some seconds at this speed. */
async function running(page, browser, speed) {
  await page.evaluate((wanted) => {
    globalThis.helios.setSpeed(wanted);
    globalThis.helios.setRunning(true);
  }, speed);
  const work = await traced(browser, page, () => page.waitForTimeout(SECONDS * 1000));
  await page.evaluate(() => globalThis.helios.setRunning(false));
  return work;
}

await withPage(async ({ page, browser }) => {
  await runScript(page, CROWD);
  const { messages, nodes } = await view(page);
  note(`${messages.length} messages, logs up to ${Math.max(...nodes.map(({ core }) => core.last_log.index))}`);
  row('messages under way', messages.length, '', { least: MESSAGES });
  for (const [name, speed] of [['1/30', 1 / 30], ['1', 1]]) {
    const { frames, tasks, busy } = await running(page, browser, speed);
    note(`speed ${name}: ${frames.length} frames, busy ${(busy * 100).toFixed(0)} %`);
    row(`work a frame at speed ${name}, half of them`, rounded(percentile(frames, 0.5)), 'ms');
    row(`work a frame at speed ${name}, 95 of 100`, rounded(percentile(frames, 0.95)), 'ms', { limit: 8 });
    row(`longest task at speed ${name}`, rounded(Math.max(...tasks)), 'ms', { limit: 50 });
  }
  const random = drawn(34);
  const end = (await view(page)).now;
  const seeking = await traced(browser, page, async () => {
    for (let count = 0; count < 20; count += 1) await seek(page, random() * end);
  });
  row('longest task while seeking', rounded(Math.max(...seeking.tasks)), 'ms', { limit: 50 });
  // An order in the past begins a branch.
  await seek(page, end / 2);
  const switching = await traced(browser, page, async () => {
    await page.evaluate(() => globalThis.helios.exec('crash 1'));
    for (const branch of [1, 2, 1, 2]) {
      await page.evaluate((number) => globalThis.helios.switchTo(number), branch);
      await until('the branch', () => page.evaluate(
        (number) => globalThis.helios.moment().branch === number,
        branch,
      ));
    }
  });
  row('longest task while switching branches', rounded(Math.max(...switching.tasks)), 'ms', { limit: 50 });
});
