// Ten minutes at full speed, nine nodes, lossy links, writes: memory, and gaps between frames.

import { isQuick, mebibytes, memoryOf, note, percentile, row, withPage } from './lib/bench.mjs';
import { exec } from '../e2e/lib/lab.mjs';

const SECONDS = isQuick ? 60 : 600;
// It ends before the next hour, when the next one begins.
const LOAD = 'load 50/s for=3500s clients=4';

const open = (page, text) => page.getByTestId('script-file').setInputFiles({
  name: 'soak.helios', mimeType: 'text/plain', buffer: Buffer.from(text),
});

/** Notes the times between frames from now on. */
const watchFrames = (page) => page.evaluate(() => {
  globalThis.gaps = [];
  let last = performance.now();
  const look = (now) => {
    globalThis.gaps.push(now - last);
    last = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
});

await withPage(async ({ page, browser }) => {
  await open(page, `cluster nodes=9 seed=8\nlink all loss=5%\nrun until leader\n${LOAD}\n`);
  await page.waitForTimeout(2_000);
  await page.evaluate(() => {
    globalThis.helios.setSpeed(Infinity);
    globalThis.helios.setRunning(true);
  });
  await watchFrames(page);
  const memory = [];
  const began = Date.now();
  let loaded = 0;
  for (let passed = 0; passed < SECONDS; passed = (Date.now() - began) / 1000) {
    await page.waitForTimeout(5_000);
    const { now } = await page.evaluate(() => globalThis.helios.moment());
    const hours = Math.floor(now / 3_600e6);
    if (hours > loaded) {
      loaded = hours;
      await exec(page, LOAD);
    }
    const bytes = await memoryOf(browser);
    if (bytes !== null) memory.push({ minutes: (Date.now() - began) / 60_000, bytes });
    note(`${passed.toFixed(0)} s: ${mebibytes(bytes ?? 0)} MiB, ${(now / 1e6).toFixed(0)} s of virtual time`);
  }
  const { steps, now } = await page.evaluate(() => globalThis.helios.moment());
  const seconds = (Date.now() - began) / 1000;
  row('speed under load', Math.round(steps / seconds), 'steps/s');
  row('virtual time', Math.round(now / 1e6), 's');
  row('most memory of the page', mebibytes(Math.max(...memory.map(({ bytes }) => bytes))), 'MiB', { limit: 200 });
  row('growth in the second half', mebibytes(slope(memory.slice(memory.length / 2))), 'MiB/min', { limit: 1 });
  const gaps = await page.evaluate(() => globalThis.gaps);
  row('gap between frames, 99 of 100', Math.round(percentile(gaps, 0.99)), 'ms');
  row('longest gap between frames', Math.round(Math.max(...gaps)), 'ms', { limit: 100 });
});

/** Bytes a minute, by least squares. */
function slope(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean(({ minutes }) => minutes), mean(({ bytes }) => bytes)];
  const covariance = mean(({ minutes, bytes }) => (minutes - x) * (bytes - y));
  return covariance / mean(({ minutes }) => (minutes - x) ** 2);
}
