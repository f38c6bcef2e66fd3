// Durable writes, beside one-put transactions of IndexedDB in the same page, turn by turn.

import { isQuick, note, percentile, row, withStoredPage } from './lib/bench.mjs';
import { atFullSpeed, exec, leaderOnScreen, until } from '../e2e/lib/lab.mjs';

const ROUNDS = isQuick ? 2 : 5;
const ROUND_MS = isQuick ? 3_000 : 5_000;

/** Transactions a second: each puts one record, with strict durability, after the one before. */
const raw = (page) => page.evaluate((duration) => new Promise((resolve, reject) => {
  const opening = indexedDB.open('bench-raw', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('records');
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const database = opening.result;
    const began = performance.now();
    let count = 0;
    const put = () => {
      const passed = performance.now() - began;
      if (passed >= duration) {
        database.close();
        return resolve((count * 1000) / passed);
      }
      const transaction = database.transaction('records', 'readwrite', { durability: 'strict' });
      transaction.objectStore('records').put(new Uint8Array(64), count);
      transaction.oncomplete = () => { count += 1; put(); };
      transaction.onabort = () => reject(transaction.error);
    };
    put();
  };
}), ROUND_MS);

/** Writes a second of so many clients: each writes again when it has its answer. */
const helios = (page, clients) => page.evaluate(async ({ clients, duration }) => {
  const began = performance.now();
  let count = 0;
  const loop = async (client) => {
    while (performance.now() - began < duration) {
      await globalThis.helios.exec(`set bench${client}=${count} client=${client}`);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, place) => loop(place + 1)));
  return (count * 1000) / (performance.now() - began);
}, { clients, duration: ROUND_MS });

await withStoredPage(async ({ page }) => {
  await atFullSpeed(page);
  await until('a leader', () => leaderOnScreen(page));
  await exec(page, 'set warm=up');
  const LEAST = { 1: 0.3, 8: 1, 64: 2 };
  const ratios = { 1: [], 8: [], 64: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    // The lab would take the time of the page's thread.
    await page.evaluate(() => globalThis.helios.setRunning(false));
    const base = await raw(page);
    await page.evaluate(() => globalThis.helios.setRunning(true));
    const words = [`raw ${base.toFixed(0)}/s`];
    for (const clients of [1, 8, 64]) {
      const rate = await helios(page, clients);
      ratios[clients].push(rate / base);
      words.push(`${clients}: ${rate.toFixed(0)}/s`);
    }
    note(words.join(', '));
  }
  for (const clients of [1, 8, 64]) {
    const ratio = Math.round(percentile(ratios[clients], 0.5) * 100) / 100;
    const name = clients === 1 ? '1 client' : `${clients} clients`;
    row(`durable writes over raw ones, ${name}`, ratio, '×', { least: LEAST[clients] });
  }
});
