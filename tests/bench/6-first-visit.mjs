// The first visit over a slow connection with a slow processor: when the page is painted, and when it
// answers.

import { launchBrowser } from '../e2e/lib/browser.mjs';
import { startServer } from '../e2e/lib/server.mjs';
import { isQuick, note, percentile, row } from './lib/bench.mjs';

const VISITS = isQuick ? 3 : 7;
const NETWORKS = [
  { name: '4 Mbit/s, processor slowed 4 times', megabits: 4, slowdown: 4 },
  { name: 'this machine', megabits: 0, slowdown: 1 },
];

/** Half of the time that a request needs for the way there and back, in ms. */
const LATENCY_MS = 20;

/** Runs in the page, before anything of it: presses Run when it is there, and notes when it answered. */
function watch() {
  const press = () => {
    const toggle = document.getElementById('run-toggle');
    if (!toggle) return requestAnimationFrame(press);
    const before = toggle.textContent;
    toggle.click();
    const look = () => {
      const now = document.getElementById('run-toggle').textContent;
      if (now === before) return requestAnimationFrame(look);
      globalThis.answeredAt = performance.now();
    };
    look();
  };
  requestAnimationFrame(press);
}

async function visit(server, { megabits, slowdown }) {
  const browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Network.enable');
  let bytes = 0;
  devtools.on('Network.loadingFinished', ({ encodedDataLength }) => { bytes += encodedDataLength; });
  const throughput = megabits > 0 ? (megabits * 1_000_000) / 8 : -1;
  await devtools.send('Network.emulateNetworkConditions', {
    offline: false, latency: megabits > 0 ? 2 * LATENCY_MS : 0, downloadThroughput: throughput, uploadThroughput: throughput,
  });
  await devtools.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
  await page.addInitScript(watch);
  await page.goto(server.url);
  await page.waitForFunction(() => globalThis.answeredAt, null, { timeout: 120_000 });
  const seen = await page.evaluate(() => ({
    painted: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    answered: globalThis.answeredAt,
  }));
  await browser.close();
  return { ...seen, bytes };
}

const server = await startServer({ compressed: true });
await visit(server, NETWORKS[1]);
for (const network of NETWORKS) {
  const visits = [];
  for (let count = 0; count < VISITS; count += 1) visits.push(await visit(server, network));
  const half = (what) => Math.round(percentile(visits.map((visit) => visit[what]), 0.5));
  note(`${network.name}: ${visits.map(({ answered }) => Math.round(answered)).join(', ')} ms`);
  const isSlow = network.megabits > 0;
  if (isSlow) row('first visit, what is loaded until the page answers', Math.round(half('bytes') / 1000), 'KB', { limit: 400 });
  row(`first visit, first paint, ${network.name}`, half('painted'), 'ms');
  row(`first visit, the page answers, ${network.name}`, half('answered'), 'ms', isSlow ? { limit: 2000 } : {});
}
await server.close();
