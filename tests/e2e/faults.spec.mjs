// Breaking the cluster by hand: what a crash and a partition do.

import assert from 'node:assert/strict';
import { after, before, beforeEach, afterEach, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import {
  atFullSpeed,
  consoleLine,
  exec,
  keysOf,
  leaderOnScreen,
  openLab,
  type,
  until,
  view,
} from './lib/lab.mjs';
import { startServer } from './lib/server.mjs';

let server;
let browser;
let page;
let errors;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});

beforeEach(async () => {
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  errors = await openLab(page, server.url);
});

afterEach(async () => {
  assert.deepEqual(errors, []);
  await page.close();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('the leader is crashed by the mouse, and another one takes over', async () => {
  const first = await until('a leader', () => leaderOnScreen(page));
  await page.getByTestId(`node-${first.id}`).click();
  await page.getByTestId('action-crash').first().click();
  await until('the crash', async () => {
    const node = page.getByTestId(`node-${first.id}`);
    return (await node.getAttribute('data-state')) === 'crashed';
  });
  await consoleLine(page, new RegExp(`crash ${first.id}`));
  const second = await until('another leader', async () => {
    const leader = await leaderOnScreen(page);
    return leader && leader.id !== first.id && leader;
  });
  assert.ok(second.term > first.term);
});

test('the log of a crashed node stays in the table: it is what the disk holds', async () => {
  await until('a leader', () => leaderOnScreen(page));
  await atFullSpeed(page);
  await exec(page, 'set x=kept');
  await exec(page, 'expect converged within 10s');
  const cells = page.locator('[data-testid="log-cell"].is-on-disk');
  assert.equal(await cells.count(), 0);
  await exec(page, 'crash 3');
  await until('the log on disk', async () => (await cells.count()) > 0);
  const labels = await cells.evaluateAll((all) => all.map((cell) => cell.title));
  assert.ok(labels.some((label) => label.startsWith('x=kept, term')), labels.join('; '));
  assert.match(labels[0], /on the disk of a node that is down/);
  assert.match(labels.find((label) => label.startsWith('x=kept')), /command 1 of client 1/);
});

test('the leader is crashed by the keyboard alone', async () => {
  const leader = await until('a leader', () => leaderOnScreen(page));
  await page.getByTestId(`node-${leader.id}`).focus();
  await page.keyboard.press('Enter');
  const crash = page.getByTestId('action-crash').first();
  await crash.waitFor();
  await crash.focus();
  await page.keyboard.press('Enter');
  await until('the crash', async () => {
    const node = page.getByTestId(`node-${leader.id}`);
    return (await node.getAttribute('data-state')) === 'crashed';
  });
});

test('a minority does not commit; after healing, the write of the majority is everywhere', async () => {
  await until('a leader', () => leaderOnScreen(page));
  await atFullSpeed(page);
  const old = await leaderOnScreen(page);
  const others = [1, 2, 3, 4, 5].filter((id) => id !== old.id);
  const minority = [old.id, others[0]];
  const majority = others.slice(1);
  await type(page, `partition ${minority.join(' ')} | ${majority.join(' ')}`);
  await type(page, `set x=minority via=${old.id} client=1`);
  await until('a leader of the majority', async () => {
    const leader = await leaderOnScreen(page);
    return leader && majority.includes(leader.id);
  });
  const answer = await exec(page, `set x=majority via=${majority[0]} client=2`);
  assert.equal(answer.ok, true, JSON.stringify(answer));
  const parted = await view(page);
  for (const id of minority) {
    assert.notEqual(keysOf(parted, id).x, 'minority', `node ${id} applied what no majority holds`);
  }
  await type(page, 'heal');
  await until('one value everywhere', async () => {
    const shown = await view(page);
    const values = new Set(shown.nodes.map(({ id }) => keysOf(shown, id).x));
    return values.size === 1 && !values.has(undefined);
  });
  const { properties } = await view(page);
  assert.ok(properties.length >= 8);
  assert.deepEqual(properties.filter(({ holding }) => !holding), []);
});
