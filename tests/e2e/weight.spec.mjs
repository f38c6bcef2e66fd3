// What reaches the browser before the first screen is there, and what only later.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { launchBrowser } from './lib/browser.mjs';
import { openLab, until } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

/**
 * The most that the first screen may take, in bytes after gzip, as the tests build the page: before
 * wasm-opt. It is what was measured, and a little: who makes the page heavier has to say so here.
 * `cargo xtask dist` has the limit for the page as it is published.
 */
const LIMIT = 1_500_000;

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

/** The files that a page has asked for, in order: name and body. */
async function watched() {
  const page = await browser.newPage();
  const files = [];
  page.on('response', (response) => {
    const name = new URL(response.url()).pathname.split('/').at(-1) || 'index.html';
    files.push({ name, body: response.body().catch(() => Buffer.alloc(0)) });
  });
  return { page, files };
}

const isPart = ({ name }) => /^(split|chunk)_.*\.wasm$/.test(name);

test('the first screen is there before the parts that load later, and within its weight', async () => {
  const { page, files } = await watched();
  await openLab(page, server.url);
  const first = files.filter((file) => !isPart(file));
  const sizes = await Promise.all(first.map(async ({ body }) => gzipSync(await body).length));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const heaviest = first.map(({ name }, place) => `${sizes[place]} ${name}`);
  assert.ok(total > 500_000, `this cannot be all: ${heaviest.join(', ')}`);
  assert.ok(total <= LIMIT, `${total} bytes, more than ${LIMIT}: ${heaviest.join(', ')}`);
  await until('the panels have loaded unasked', () =>
    files.some(({ name }) => name === 'split_panels.wasm'));
  assert.deepEqual(files.filter(({ name }) => name === 'split_jobs.wasm'), []);
  await page.close();
});

test('a part that is needed at once loads at once', async () => {
  const { page, files } = await watched();
  await openLab(page, server.url);
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  assert.equal(files.filter(({ name }) => name === 'split_panels.wasm').length, 1);
  await page.close();
});

test('a part that cannot be loaded says so, and is loaded when it can be', async () => {
  const { page } = await watched();
  await page.route(/split_panels\.wasm$/, (route) => route.abort());
  await page.goto(server.url);
  await page.getByTestId('node-1').waitFor();
  await page.keyboard.press('?');
  await page.getByText('cannot be loaded').waitFor();
  await page.unroute(/split_panels\.wasm$/);
  await page.keyboard.press('Escape');
  await until('the dialog', async () => {
    await page.keyboard.press('?');
    return page.getByRole('dialog').isVisible();
  });
  await page.close();
});

test('until the program is there the page has a shell, which says how far it is', async () => {
  const { page } = await watched();
  let arrive;
  const held = new Promise((resolve) => { arrive = resolve; });
  await page.route(/web_bg\.wasm$/, async (route) => { await held; await route.continue(); });
  await page.goto(server.url, { waitUntil: 'commit' });
  await page.getByText('The program is loading').waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  arrive();
  await page.getByTestId('node-1').waitFor();
  assert.equal(await page.getByText('The lab is opening').isVisible(), false);
  await page.close();
});

test('a program that cannot be loaded says so, and is loaded when it can be', async () => {
  const { page } = await watched();
  await page.route(/web_bg\.wasm$/, (route) => route.fulfill({ status: 503, body: '' }));
  await page.goto(server.url);
  await page.getByText('The program cannot be loaded: 503').waitFor();
  await page.unroute(/web_bg\.wasm$/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByTestId('node-1').waitFor();
  await page.close();
});
