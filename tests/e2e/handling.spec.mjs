// A person decides what happens to a message, sets a link by dials, and chooses the timers.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { consoleLine, exec, openLab, says, soon, until, view } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

// Two requests for votes, messages 1 and 2, are half way from node 1 to nodes 2 and 3.
const ELECTION =
  'cluster nodes=3 seed=1 paper latency=40ms disk=1ms election=300ms..600ms\ntimeout 1\nrun 21ms\n';

let server;
let browser;
let context;
let page;
let errors;

const message = async (id) => (await view(page)).messages.find((one) => one.id === id);
const link = async (from, to) =>
  (await view(page)).links.find((one) => one.from === from && one.to === to);
const item = (name) => page.getByRole('menuitem', { name });
const menus = () => page.getByRole('menu').count();

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, hasTouch: true });
  page = await context.newPage();
  errors = await openLab(page, server.url);
  const script = { name: 'election.helios', mimeType: 'text/plain', buffer: Buffer.from(ELECTION) };
  await page.getByTestId('script-file').setInputFiles(script);
  await until('the end of the script', async () => {
    const { nodes, now } = await view(page);
    const { running } = await page.evaluate(() => globalThis.helios.moment());
    return nodes.length === 3 && now === 21_000 && !running;
  });
  await page.locator('.tab-inspector').click();
});

afterEach(async () => {
  assert.deepEqual(errors, []);
  await context.close();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** The middle between two nodes in the picture. */
async function between(one, other) {
  const box = (id) => page.getByTestId(`node-${id}`).boundingBox();
  const boxes = await Promise.all([one, other].map(box));
  const middle = ({ x, y, width, height }) => [x + width / 2, y + height / 2];
  const [[x, y], [u, v]] = boxes.map(middle);
  return [(x + u) / 2, (y + v) / 2];
}

/** Presses Enter on a button of the inspector. */
async function press(testid) {
  await page.getByTestId(testid).focus();
  await page.keyboard.press('Enter');
}

test('a request for a vote is held by the mouse, and the election waits for it', async () => {
  await page.mouse.click(...(await between(1, 2)), { button: 'right' });
  await item(/^Hold/).waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await item(/^Hold/).click();
  await until('the hold', async () => (await message(1)).held_since === 21_000);
  await consoleLine(page, /hold message 1/);
  await says(page.getByTestId('inspector'), /held since 21/);
  assert.deepEqual(await seriousViolations(page), []);
  await exec(page, 'hold message 2');
  await exec(page, 'run 100ms');
  const { leader, nodes } = await view(page);
  assert.equal(leader, null, 'without the hold it would lead');
  assert.match(nodes[0].core.role, /candidate/i);

  // It is where it was, so the same place finds it.
  await page.mouse.click(...(await between(1, 2)), { button: 'right' });
  await item(/^Release/).click();
  await until('that it goes on', async () => (await message(1)).held_since === null);
  assert.equal((await message(1)).arrives_at, 141_000);
  await exec(page, 'run until leader within 100ms');
  assert.equal((await view(page)).leader, 1);
});

test('the menu asks why a message was sent', async () => {
  await page.mouse.click(...(await between(1, 3)), { button: 'right' });
  await item(/^Why was it sent/).click();
  await says(page.getByTestId('why-answer'), /RequestVote/);
  assert.equal(await menus(), 0);
});

test('the buttons of the inspector do it by the keyboard', async () => {
  await press('message-1');
  await says(page.locator('.panel-inspector h2'), /message 1/i);
  await press('action-hold');
  await page.getByTestId('action-release').waitFor();
  const focused = () => page.evaluate(() => document.activeElement.dataset.testid);
  assert.equal(await focused(), 'action-release', 'the button keeps the focus');
  await page.keyboard.press('Enter');
  await page.getByTestId('action-hold').waitFor();
  await press('action-duplicate');
  await until('the copy', async () => (await view(page)).messages.length === 3);
  await press('action-deliver');
  await soon(async () => (await message(1)).arrives_at, 21_000);
  await exec(page, 'step');
  assert.equal(await message(1), undefined, 'it has arrived');
  await page.keyboard.press('Escape');
  await press('message-2');
  await until('its details', async () => (await view(page)).message?.message.id === 2);
  await press('action-drop');
  await says(page.getByTestId('inspector'), /lost: dropped by command/);
  assert.ok(await page.getByTestId('action-drop').isDisabled());
});

test('a link is cut one way and mended, and dials set its latency and its loss', async () => {
  await page.getByTestId('link-1-2').focus();
  await page.keyboard.press('Enter');
  await item(/^Cut 1 → 2/).click();
  await until('the cut', async () => (await link(1, 2)).cut);
  assert.equal((await link(2, 1)).cut, false);
  await page.getByTestId('action-restore').click();
  await until('the link', async () => !(await link(1, 2)).cut);
  assert.deepEqual(await seriousViolations(page), []);

  const latency = page.getByTestId('latency-1-2');
  await says(page.getByTestId('inspector'), /40 ms/);
  await latency.focus();
  await page.keyboard.press('ArrowRight');
  await until('the latency', async () => (await link(1, 2)).latency_min_micros === 100_000);
  await consoleLine(page, /link 1 -> 2 latency=100ms/);
  assert.equal((await link(2, 1)).latency_max_micros, 40_000);
  await soon(() => latency.getAttribute('aria-valuetext'), '100 ms');
  await page.getByTestId('loss-2-1').fill('9');
  await until('the loss', async () => (await link(2, 1)).loss_per_million === 1_000_000);
  await soon(() => page.getByTestId('loss-2-1').getAttribute('aria-valuetext'), '100 %');
});

test('the timers are spread by the menu of the cluster, and aligned by a button', async () => {
  await exec(page, 'run until leader within 1s');
  const timeouts = async () => {
    await exec(page, 'run 150ms');
    const { nodes } = await view(page);
    const followers = nodes.filter(({ id }) => id !== 1);
    return followers.map(({ core }) => (core.deadline - core.timer_started) / 1000);
  };
  const topology = await page.locator('.topology').boundingBox();
  await page.mouse.click(topology.x + 6, topology.y + 6, { button: 'right' });
  await item(/^Spread timers/).waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await item(/^Spread timers/).click();
  await consoleLine(page, /timeouts all spread/);
  assert.deepEqual(await timeouts(), [450, 600]);
  await press('action-align');
  await consoleLine(page, /timeouts all equal/);
  assert.deepEqual(await timeouts(), [300, 300]);
});

test('a finger that stays opens the menu, and one that moves does not', async () => {
  const session = await context.newCDPSession(page);
  const touch = (type, ...touchPoints) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints });
  const [x, y] = await between(1, 2);
  await touch('touchStart', { x, y });
  await touch('touchMove', { x: x + 30, y });
  await page.waitForTimeout(800);
  assert.equal(await menus(), 0);
  await touch('touchEnd');
  await touch('touchStart', { x, y });
  await item(/^Hold/).waitFor();
  await touch('touchEnd');
  await page.waitForTimeout(300);
  assert.equal(await menus(), 1, 'it stays open');
  await item(/^Hold/).tap();
  await until('the hold', async () => (await message(1)).held_since === 21_000);
});
