// The page as a person uses it: what they see of the cluster, and how they act on it.

import assert from 'node:assert/strict';

import { watchForErrors } from './page.mjs';

/** How long a test waits for something that the cluster should soon do. */
export const PATIENCE_MS = 30_000;

/**
 * Opens the page and waits until the cluster is on screen. `SLOWDOWN=6` in the environment makes
 * the page six times slower, so that a test that does not wait for the page fails.
 */
export async function openLab(page, url) {
  const errors = watchForErrors(page);
  const rate = Number(process.env.SLOWDOWN ?? 1);
  if (rate > 1) {
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Emulation.setCPUThrottlingRate', { rate });
  }
  await page.goto(url);
  await page.getByTestId('node-1').waitFor({ timeout: PATIENCE_MS });
  return errors;
}

/** Waits until the panels that open later are loaded: a reload before would end their requests. */
export async function panelsLoaded(page) {
  await page.waitForFunction(() => {
    const loaded = performance.getEntriesByType('resource').filter(({ responseEnd }) => responseEnd > 0);
    return loaded.some(({ name }) => name.includes('split_panels'));
  }, null, { timeout: PATIENCE_MS });
}

/** The moment that the page shows, in plain values. */
export function view(page) {
  return page.evaluate(() => globalThis.helios.state().view);
}

/** The keys and values of a node's store in a view; none while the node is down. */
export function keysOf(view, id) {
  return view.stores.nodes.find(({ node }) => node === id)?.values ?? {};
}

/** The nodes as the page shows them: id, role, term, state. */
export function nodesOnScreen(page) {
  return page.$$eval('[data-testid^="node-"][data-role]', (nodes) =>
    nodes.map((node) => ({
      id: Number(node.dataset.testid.slice('node-'.length)),
      role: node.dataset.role,
      term: Number(node.dataset.term),
      state: node.dataset.state,
    })),
  );
}

/** The running leader of the latest term on screen, or null. */
export async function leaderOnScreen(page) {
  const nodes = await nodesOnScreen(page);
  const leaders = nodes.filter(({ role, state }) => role === 'leader' && state === 'running');
  return leaders.sort((left, right) => right.term - left.term)[0] ?? null;
}

/** Waits until `wanted` is true of what the page shows, and returns it. */
export async function until(what, wanted, patience = PATIENCE_MS) {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await wanted();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${patience} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until `read` gives what is expected; the page is drawn a little later than it acts. */
export async function soon(read, expected, patience = PATIENCE_MS) {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await read();
    if (found === expected) return;
    if (Date.now() > deadline) assert.deepEqual(found, expected, `not within ${patience} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Waits until the element's words match. */
export function says(locator, pattern) {
  return until(`words like ${pattern}`, async () => pattern.test(await locator.innerText()));
}

/** Types one line into the page's console. */
export async function type(page, line) {
  const input = page.getByTestId('console-input');
  await input.fill(line);
  await input.press('Enter');
}

/** Presses a tool of the list that opens from the head of the page. */
export async function tool(page, name) {
  await page.getByTestId('more').click();
  await page.getByTestId(name).click();
}

/** The console's lines. */
export function consoleLines(page) {
  return page.getByTestId('console-line').allInnerTexts();
}

/** Waits for a console line that matches. */
export function consoleLine(page, pattern, patience) {
  const find = async () => (await consoleLines(page)).find((line) => pattern.test(line));
  return until(`a console line like ${pattern}`, find, patience);
}

/** Lets the cluster run as fast as the machine allows, so that a test need not wait. */
export function atFullSpeed(page) {
  return page.evaluate(() => globalThis.helios.setSpeed(Infinity));
}

/** Runs one command through `window.helios` and returns what it answers. */
export function exec(page, line) {
  return page.evaluate((text) => globalThis.helios.exec(text), line);
}
