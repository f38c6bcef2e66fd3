// The work of the page's main thread, from a trace of Chromium.

/**
 * Traces the page while `run` runs. Times are of the thread's processor, in ms: other programs on
 * the machine do not count.
 *
 * @returns {Promise<{ frames: number[], tasks: number[], busy: number }>} the work of each frame, the
 *   length of each task, and the share of the time in which the thread worked, from 0 to 1
 */
export async function traced(browser, page, run) {
  const categories = ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline'];
  await browser.startTracing(page, { categories });
  await run();
  return workOf(JSON.parse((await browser.stopTracing()).toString()).traceEvents);
}

function workOf(events) {
  const starts = events.filter(({ name }) => name === 'FireAnimationFrame');
  const thread = mostCommon(starts.map(({ pid, tid }) => `${pid} ${tid}`));
  const isOurs = ({ pid, tid }) => `${pid} ${tid}` === thread;
  const begins = starts.filter(isOurs).map(({ ts }) => ts).sort((left, right) => left - right);
  const tasks = events.filter((event) => event.name === 'RunTask' && isOurs(event));
  const cost = ({ tdur, dur }) => (tdur ?? dur ?? 0) / 1000;
  const frames = begins.slice(1).map(() => 0);
  for (const task of tasks) {
    const place = begins.findLastIndex((ts) => ts <= task.ts);
    if (place >= 0 && place < frames.length) frames[place] += cost(task);
  }
  const all = tasks.map(cost);
  const span = Math.max(...tasks.map(({ ts, dur = 0 }) => ts + dur)) - Math.min(...tasks.map(({ ts }) => ts));
  return { frames, tasks: all, busy: all.reduce((sum, one) => sum + one, 0) / (span / 1000) };
}

function mostCommon(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((left, right) => right[1] - left[1])[0]?.[0];
}
