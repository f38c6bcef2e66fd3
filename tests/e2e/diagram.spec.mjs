// The sequence diagram: it grows with the run, shares its moment, and tells what led to what.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { exec, openLab, says, until } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

const LOST_WRITE = new URL('../diagrams/lost-write.helios', import.meta.url);
const WRITES = 'cluster nodes=3 seed=5\nrun until leader\nset x=1\nrun 100ms\nget x\nrun 1s\n';

let server;
let browser;
let context;
let page;
let errors;

const sheet = () => page.getByTestId('diagram-sheet');
const about = () => page.getByTestId('diagram-about');
/** The diagram as the lab gives it to the page. */
const diagram = () => page.evaluate(() => globalThis.helios.state().lab.diagram);

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});

beforeEach(async () => {
  context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  page = await context.newPage();
  errors = await openLab(page, server.url);
});

afterEach(async () => {
  assert.deepEqual(errors, []);
  await context.close();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** Opens a script, waits for its end, and opens the diagram. */
async function draw(text) {
  const script = { name: 'drawn.helios', mimeType: 'text/plain', buffer: Buffer.from(text) };
  await page.getByTestId('script-file').setInputFiles(script);
  await until('the end of the script', async () => {
    const { steps, running } = await page.evaluate(() => globalThis.helios.moment());
    return steps > 0 && !running;
  });
  await page.keyboard.press('d');
  await until('the diagram', async () => (await diagram())?.computed === null);
}

/** The place of an item on the sheet, by the lanes' heads and the times at the edges. */
async function placeOf(item, lane, at) {
  const { from, until: end } = await diagram();
  const box = await sheet().boundingBox();
  const head = await page.locator('.lane-name', { hasText: new RegExp(`^${lane}$`) }).boundingBox();
  const y = box.y + ((at - from) / (end - from)) * box.height;
  return { x: head.x + head.width / 2, y };
}

test('the diagram grows with the run and costs nothing once it is closed', async () => {
  await page.getByTestId('show-diagram').click();
  await sheet().waitFor();
  await until('messages', async () => (await diagram()).items.some(({ item }) => item.shape.message));
  const first = (await diagram()).end;
  await until('a later end', async () => (await diagram()).end > first);
  await until('a window that moves', async () => Number(await sheet().getAttribute('data-from')) > 0);
  await page.keyboard.press('p');
  await until('the picture', async () => (await diagram()) === null);
  await page.getByTestId('node-1').waitFor();
});

test('an operation is clicked: its story is lit, and what is not its own fades in the list', async () => {
  await draw(WRITES);
  await sheet().focus();
  await page.keyboard.press('Home');
  for (let out = 0; out < 2; out += 1) await page.getByTestId('diagram-out').click();
  const operation = await until('the operation', async () =>
    (await diagram()).items.find(({ item }) => item.shape.operation && item.label.startsWith('set')));
  const { at, ended } = operation.item;
  const { x, y } = await placeOf(operation, 'C1', (at + ended) / 2);
  await page.mouse.click(x, y);
  await says(about(), /client 1: set x=1 → done/);
  const items = (await diagram()).items;
  const lit = items.filter(({ is_lit }) => is_lit);
  assert.ok(lit.length > 8 && lit.length < items.length, `${lit.length} of ${items.length}`);
  for (const shape of ['exchange', 'message', 'write', 'point', 'operation']) {
    assert.ok(lit.some(({ item }) => item.shape[shape]), shape);
  }
  await until('pale events', async () => (await page.locator('.event-row.is-pale').count()) > 0);
  // A pointer that rests where it clicked changes nothing.
  await page.waitForTimeout(400);
  assert.equal((await diagram()).items.filter(({ is_lit }) => is_lit).length, lit.length);
  await page.getByTestId('diagram-only').click();
  // Routine that belongs to it is shown too.
  await until('only these', async () => (await diagram()).items.every(({ is_lit }) => is_lit));
  const only = (await diagram()).items;
  assert.ok(only.length >= lit.length, `${only.length} of ${lit.length}`);
  await page.getByTestId('diagram-go').click();
  await until('the moment of the operation', async () =>
    (await page.evaluate(() => globalThis.helios.state().lab.time.is_past)));
  assert.equal((await diagram()).cursor, at);
});

test('pointing at an arrow lights what led there, and the pointer leaves no trace', async () => {
  await draw(WRITES);
  await page.evaluate(() => globalThis.helios.exec('goto 260ms'));
  const point = await until('a commit', async () =>
    (await diagram()).items.find(({ item }) => item.label.startsWith('commits')));
  const { x, y } = await placeOf(point, point.item.shape.point.lane.node, point.item.at);
  await page.mouse.move(x, y);
  await until('what led there', async () => (await diagram()).lit?.length > 2);
  const { lit } = await diagram();
  assert.ok(lit.includes(point.item.event));
  await page.keyboard.down('Alt');
  await page.mouse.move(x + 1, y);
  await until('what it caused', async () => (await diagram()).lit?.[0] === point.item.event);
  await page.keyboard.up('Alt');
  await page.mouse.move(x, y + 200);
  await page.mouse.move(20, 20);
  await until('nothing is lit', async () => (await diagram()).lit === null);
  await page.mouse.dblclick(x, y);
  await until('its moment', async () => (await diagram()).cursor === point.item.at);
  assert.equal((await diagram()).about.event, point.item.event);
});

test('answers that contradict each other are marked, said, and copied as Mermaid', async () => {
  await draw(await readFile(LOST_WRITE, 'utf8'));
  await says(page.getByTestId('verdict'), /Not linearizable\. client 2: get x → no value is impossible/);
  await page.getByRole('button', { name: 'Show it' }).click();
  await says(about(), /client 2: get x/);
  const shown = await diagram();
  for (const event of shown.verdict.contradiction.operations) {
    assert.ok(shown.items.some(({ item }) => item.event === event), `event ${event} is shown`);
  }
  await page.getByRole('button', { name: 'Copy as Mermaid' }).click();
  await says(page.getByTestId('diagram-said'), /Copied/);
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(text, /^sequenceDiagram/);
  assert.match(text, /✗ not linearizable/);
});

test('the keys alone: from item to item, to its moment, to its reason', async () => {
  await draw(WRITES);
  await page.evaluate(() => globalThis.helios.exec('goto 260ms'));
  await until('the window there', async () => (await diagram()).until < 300_000);
  await sheet().focus();
  await page.keyboard.press('ArrowUp');
  await about().waitFor();
  const first = await about().innerText();
  await page.keyboard.press('ArrowUp');
  await until('another item', async () => (await about().innerText()) !== first);
  await page.keyboard.press('w');
  await says(page.getByTestId('why-answer').locator('.why-asked'), /why \d+/);
  // The answer leads back to the diagram.
  await page.locator('[data-diagram]').first().click();
  await sheet().focus();
  const { about: { at }, from, until: to } = await diagram();
  assert.ok(from <= at && at <= to, 'the window is where the event is');
  await page.keyboard.press('Enter');
  await until('its moment', async () => (await diagram()).cursor === at);
  await page.keyboard.press('Escape');
  await until('nothing chosen', async () => (await diagram()).about === null);
  await page.keyboard.press('End');
  assert.deepEqual(await seriousViolations(page), []);
});

test('the diagram is a table too', async () => {
  await draw(WRITES);
  await page.evaluate(() => globalThis.helios.exec('goto 260ms'));
  await page.getByTestId('diagram-as-table').click();
  const table = page.getByTestId('diagram-table');
  await table.waitFor();
  const row = table.locator('tbody tr', { hasText: 'entry 2' }).first();
  await says(row, /node 2 → node \d/);
  await row.getByRole('button').click();
  await says(about(), /AppendEntries/);
  await until('a chosen row', async () => (await table.locator('tr.is-chosen').count()) === 1);
  // What is not lit stays, a little fainter, and can be chosen as well.
  await until('fainter rows', async () => (await table.locator('tr.is-pale').count()) > 3);
  assert.deepEqual(await seriousViolations(page), []);
});

test('lanes are moved, narrowed and hidden, and layers are hidden', async () => {
  await draw(WRITES);
  const order = () => page.locator('.lane-name').allInnerTexts();
  await until('the lanes', async () => (await order()).join() === '1,2,3,C1');
  await page.locator('.lane-name', { hasText: 'C1' }).focus();
  await page.keyboard.press('ArrowLeft');
  await until('the client before node 3', async () => (await order()).join() === '1,2,C1,3');
  const head = await page.locator('.lane-name', { hasText: /^1$/ }).boundingBox();
  await page.mouse.move(head.x + 8, head.y + 8);
  await page.mouse.down();
  await page.mouse.move(head.x + 900, head.y + 8, { steps: 4 });
  await page.mouse.up();
  await until('node 1 at the end', async () => (await order()).join() === '2,C1,3,1');
  assert.notEqual(await page.locator('main').getAttribute('data-tab'), 'inspector');
  const filters = page.getByTestId('diagram-filters');
  await filters.getByLabel('node 3').uncheck();
  await until('a hidden lane', async () => (await order()).join() === '2,C1,1');
  await filters.getByLabel('routine').check();
  await filters.getByLabel('heartbeats').uncheck();
  await until('no heartbeats', async () => {
    const { items } = await diagram();
    return items.length > 0 && !items.some(({ item }) => item.label === 'heartbeat');
  });
});

test('a window that somebody scrolls stays, and comes back to the moment', async () => {
  await draw(WRITES);
  const { until: end } = await diagram();
  const box = await sheet().boundingBox();
  await page.mouse.move(box.x + 300, box.y + 100);
  await page.mouse.wheel(0, -200);
  await until('an earlier window', async () => (await diagram()).until < end);
  const scrolled = (await diagram()).from;
  await page.mouse.move(box.x + 300, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + 300, box.y + 160, { steps: 4 });
  await page.mouse.up();
  await until('dragged', async () => (await diagram()).from < scrolled);
  await page.getByTestId('diagram-follow').click();
  await until('the end', async () => (await diagram()).until === end);
});
