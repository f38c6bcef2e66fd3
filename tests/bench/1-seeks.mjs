// An hour of virtual time, five nodes, 50 writes a second: any moment of it, and its memory.

import {
  drawn, isQuick, mebibytes, note, percentile, row, runScript, seek, why, withPage,
} from './lib/bench.mjs';

const SECONDS = isQuick ? 300 : 3600;
const SEEKS = isQuick ? 40 : 200;

await withPage(async ({ page }) => {
  const began = Date.now();
  await runScript(page, `cluster nodes=5 seed=8\nload 50/s for=${SECONDS}s clients=4\nrun ${SECONDS}s\n`);
  const seconds = (Date.now() - began) / 1000;
  const { steps } = await page.evaluate(() => globalThis.helios.moment());
  note(`${SECONDS} s of virtual time, ${steps} steps, in ${seconds.toFixed(0)} s`);
  row(`${SECONDS} s of time at full speed`, Math.round(steps / seconds), 'steps/s');
  const memory = await page.evaluate(() => globalThis.helios.memory());
  note(JSON.stringify(memory));
  row('checkpoints', mebibytes(memory.checkpoint_bytes), 'MiB', { limit: 64 });
  row('memory of the wasm module', mebibytes(memory.wasm_bytes), 'MiB');
  const random = drawn(12);
  const times = [];
  for (let count = 0; count < SEEKS; count += 1) {
    times.push(await seek(page, random() * SECONDS * 1e6));
  }
  row('a seek, half of them', Math.round(percentile(times, 0.5)), 'ms');
  row('a seek, 95 of 100', Math.round(percentile(times, 0.95)), 'ms', { limit: 100 });
  const last = await page.evaluate(() => globalThis.helios.state().view.events.rows[0].event.number);
  const answers = [];
  for (let count = 0; count < SEEKS / 2; count += 1) {
    answers.push(await why(page, 1 + Math.floor(random() * last)));
  }
  row('why an event, half of them', Math.round(percentile(answers, 0.5)), 'ms');
  row('why an event, 95 of 100', Math.round(percentile(answers, 0.95)), 'ms', { limit: 100 });
});
