// What the benchmarks of the page share: its opening, its scripts, its figures.

import { readFile } from 'node:fs/promises';

import { launchBrowser, launchProfile, newProfileFolder, removeProfileFolder } from '../../e2e/lib/browser.mjs';
import { openLab, until } from '../../e2e/lib/lab.mjs';

export { until };
import { startServer } from '../../e2e/lib/server.mjs';

/** Whether shorter runs are wanted. */
export const isQuick = process.argv.includes('--quick');

const TERMS = Array(10_000).fill(1).join(',');
const DISKS = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((node) => `disk ${node} terms=${TERMS}\n`).join('');

/**
 * Nine nodes, over 500 messages under way, 10,000 entries in each log. Slow links and many heartbeats
 * make the messages; a leader stays.
 */
export const CROWD =
  'cluster nodes=9 seed=8 latency=200ms..300ms election=4s..8s heartbeat=10ms snapshot=1000000\n' +
  `${DISKS}run until leader\nload 300/s for=600s clients=20\nrun 3s\n`;

const VIEW = { viewport: { width: 1440, height: 900 } };

/** Half an hour: a long script at full speed. */
const LONG_MS = 1_800_000;

/**
 * One row of the table: `cargo xtask bench page` reads it. The value must be at most `limit`, or at
 * least `least`; without either it is for information.
 */
export function row(what, value, unit, { limit = null, least = null } = {}) {
  const bound = limit !== null ? `≤ ${limit} ${unit}` : least !== null ? `≥ ${least} ${unit}` : '';
  const isWithin = (limit === null || value <= limit) && (least === null || value >= least);
  const verdict = bound === '' ? '-' : isWithin ? 'ok' : 'over';
  console.log(`row ${what} | ${value} ${unit} | ${bound} | ${verdict}`);
}

/** Says how far a benchmark is. */
export function note(words) {
  console.error(`  ${words}`);
}

/** Opens the page, calls `run`, and closes all. */
export async function withPage(run) {
  const server = await startServer();
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage(VIEW);
    const errors = await openLab(page, server.url);
    await run({ page, browser });
    if (errors.length > 0) throw new Error(`the page complains: ${errors.join('; ')}`);
  } finally {
    await browser.close();
    await server.close();
  }
}

/** The same with a browser that stores on disk. */
export async function withStoredPage(run) {
  const server = await startServer();
  const folder = await newProfileFolder();
  const { page, close } = await launchProfile(folder, VIEW);
  try {
    const errors = await openLab(page, server.url);
    await run({ page });
    if (errors.length > 0) throw new Error(`the page complains: ${errors.join('; ')}`);
  } finally {
    await close();
    await server.close();
    await removeProfileFolder(folder);
  }
}

/** Opens a script as a person does, and waits until it has ended. */
export async function runScript(page, text) {
  const file = { name: 'bench.helios', mimeType: 'text/plain', buffer: Buffer.from(text) };
  await page.getByTestId('script-file').setInputFiles(file);
  await until('the end of the script', async () => {
    await page.waitForTimeout(200);
    const { steps, running } = await page.evaluate(() => globalThis.helios.moment());
    return steps > 0 && !running;
  }, LONG_MS);
}

/** With one digit after the point. */
export function rounded(value) {
  return Math.round(value * 10) / 10;
}

/** Numbers from 0 to 1, the same ones for the same seed. */
export function drawn(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The value below which this share of the values lies. */
export function percentile(values, share) {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/**
 * Shows a moment with the slider, and returns the milliseconds from the input to the end of the
 * frame that shows it: all panels show the same frame, so the tape speaks for all.
 */
export function seek(page, micros) {
  return page.evaluate((wanted) => new Promise((resolve) => {
    const slider = document.querySelector('[data-testid="tape"]');
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
    const began = performance.now();
    set.call(slider, String(wanted));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    const look = () => {
      const moment = globalThis.helios.moment();
      const shown = document.querySelector('.tape').dataset.moment;
      const isThere = !moment.is_seeking && shown === String(moment.steps);
      if (!isThere) return requestAnimationFrame(look);
      // A message comes after the frame was drawn.
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(performance.now() - began);
      port2.postMessage(0);
    };
    requestAnimationFrame(look);
  }), Math.round(micros));
}

/**
 * Asks why an event happened, and returns the milliseconds from the question to the end of the frame
 * that shows the answer.
 */
export function why(page, event) {
  return page.evaluate((number) => new Promise((resolve) => {
    const question = `why ${number}`;
    const began = performance.now();
    globalThis.helios.exec(question);
    const look = () => {
      const shown = document.querySelector('.why-asked code')?.innerText;
      if (shown !== question) return requestAnimationFrame(look);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(performance.now() - began);
      port2.postMessage(0);
    };
    requestAnimationFrame(look);
  }), event);
}

/** The bytes of memory of the process that runs the page; null where the system does not tell. */
export async function memoryOf(browser) {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send('SystemInfo.getProcessInfo');
  await devtools.detach();
  let most = null;
  for (const { type, id } of processInfo) {
    if (type !== 'renderer') continue;
    const maps = await readFile(`/proc/${id}/smaps_rollup`, 'utf8').catch(() => '');
    const found = /^Pss:\s+(\d+) kB/m.exec(maps);
    if (found) most = Math.max(most ?? 0, Number(found[1]) * 1024);
  }
  return most;
}

/** MiB, with one decimal. */
export const mebibytes = (bytes) => Math.round(bytes / 104857.6) / 10;
