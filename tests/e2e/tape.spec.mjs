// The run as a line: any moment of it, and branches from there.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { atFullSpeed, consoleLine, exec, leaderOnScreen, openLab, says, soon, type, until } from './lib/lab.mjs';
import { startServer } from './lib/server.mjs';

let server;
let browser;
let page;
let errors;

/** The moment that the page shows, and its place in the run. */
async function state() {
  const { view, lab } = await page.evaluate(() => globalThis.helios.state());
  return { ...view, time: lab.time };
}

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  errors = await openLab(page, server.url);
  await until('a leader', () => leaderOnScreen(page));
  await atFullSpeed(page);
  await exec(page, 'set x=1');
  await exec(page, 'run 1s');
  await page.evaluate(() => globalThis.helios.setRunning(false));
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('the tape shows an earlier moment in every panel, and End returns', async () => {
  const end = await state();
  assert.equal(end.time.is_past, false);
  await page.getByTestId('tape').fill('1000');
  const past = await state();
  assert.equal(past.time.is_past, true);
  assert.ok(past.now <= 1000 && past.steps < end.steps);
  assert.equal(past.leader, null);
  await says(page.getByTestId('tape-state'), /^Looking at the past$/);
  await soon(() => leaderOnScreen(page), null);
  const clock = Number((await page.getByTestId('clock').innerText()).replace(/[^0-9.]/g, ''));
  assert.ok(Math.abs(clock * 1000 - past.now) <= 100, 'the clock of that moment');
  await page.keyboard.press('End');
  await until('the end', async () => (await state()).trace_hash === end.trace_hash);
  await says(page.getByTestId('tape-state'), /^Live, paused$/);
});

test('keys go one step back and forward', async () => {
  await page.getByTestId('step-back').focus();
  const end = await state();
  await page.keyboard.press(',');
  await page.keyboard.press(',');
  assert.equal((await state()).steps, end.steps - 2);
  await page.keyboard.press('.');
  assert.equal((await state()).steps, end.steps - 1);
  await page.getByTestId('return-to-live').click();
  assert.equal((await state()).steps, end.steps);
});

test('the run is played backward until it is stopped, or at its start', async () => {
  const end = await state();
  const button = page.getByTestId('play-backward');
  await button.click();
  await soon(() => button.getAttribute('aria-pressed'), 'true');
  const first = await state();
  assert.ok(first.time.is_past && first.steps < end.steps);
  await until('an earlier moment', async () => (await state()).steps < first.steps);
  await button.click();
  await soon(() => button.getAttribute('aria-pressed'), 'false');
  const { steps } = await state();
  await page.waitForTimeout(600);
  assert.equal((await state()).steps, steps, 'it stands still');
  // A key begins it, and a step forward ends it.
  await page.keyboard.press('b');
  await until('an earlier moment', async () => (await state()).steps < steps);
  await page.keyboard.press('.');
  assert.equal((await state()).time.plays_backward, false);
  await page.getByTestId('tape').fill('1000');
  await page.keyboard.press('b');
  await soon(async () => (await state()).steps, 0);
  await soon(() => button.getAttribute('aria-pressed'), 'false');
  await page.keyboard.press('End');
  await until('the end', async () => (await state()).trace_hash === end.trace_hash);
});

test('a command in the past begins a branch, and both branches stay', async () => {
  const end = await state();
  await page.getByTestId('tape').fill(String(end.now - 200_000));
  await type(page, `crash ${end.leader}`);
  await consoleLine(page, /Here begins branch 2/);
  await exec(page, 'run 1s');
  const branched = await state();
  assert.equal(branched.time.branch, 2);
  assert.notEqual(branched.leader, end.leader);
  await page.getByTestId('branch').selectOption('1');
  await until('the first branch', async () => (await state()).trace_hash === end.trace_hash);
  await page.getByTestId('branch').selectOption('2');
  await until('the second branch', async () => (await state()).trace_hash === branched.trace_hash);
  await page.getByTestId('compare').click();
  const differences = page.getByTestId('comparison');
  await says(differences, /Only in branch 2:\s*crash/);
  await says(differences, /First difference/);
  await soon(() => page.getByTestId('compare-there').locator('.node').count(), 5);
  await soon(() => page.getByTestId('compare-here').locator('.node').count(), 5);
  assert.equal((await state()).time.is_past, true, 'the page shows it');
  await page.getByTestId('stop-comparing').click();
  await page.getByRole('button', { name: 'Statements' }).click();
  await page.getByTestId('branch-name').fill('no crash');
  await page.getByTestId('branch-name').press('Enter');
  await soon(async () => (await state()).time.branches[1].name, 'no crash');
  await page.getByTestId('remove-branch-2').click();
  await until('one branch', async () => (await state()).time.branches.length === 1);
  await soon(() => page.getByTestId('branch').count(), 0);
  assert.equal((await state()).trace_hash, end.trace_hash);
});

test('the tape shows who led, and keys jump from mark to mark', async () => {
  const end = await state();
  const { bands, marks } = end.time.tape;
  assert.equal(bands.at(-1).node, end.leader);
  const picture = page.getByTestId('tape-picture');
  await soon(() => picture.locator('.tape-band').count(), bands.length);
  await soon(() => picture.locator('.tape-mark').count(), marks.length);
  await page.getByTestId('step-back').focus();
  await page.keyboard.press('<');
  assert.equal((await state()).steps, marks.at(-1).steps);
  await page.keyboard.press('>');
  assert.equal((await state()).time.is_past, false);
});

test('the line zooms around the cursor, and one goes from thing to thing', async () => {
  const end = await state();
  await exec(page, `crash ${end.leader}`);
  await exec(page, 'run 2s');
  await page.evaluate(() => globalThis.helios.setRunning(false));
  const later = await state();
  await page.getByTestId('previous-crash').click();
  const crash = await state();
  assert.equal(crash.leader, null);
  assert.equal(crash.time.is_past, true);
  await page.getByTestId('next-election').click();
  assert.ok((await state()).now > crash.now, 'somebody asks for votes');
  await page.getByTestId('previous-answer').click();
  assert.ok((await state()).now < crash.now);

  const slider = page.getByTestId('tape');
  const width = () => slider.evaluate(({ max, min }) => Number(max) - Number(min));
  await soon(width, later.now);
  await page.getByTestId('zoom-in').click();
  await until('half of it', async () => Math.abs((await width()) - later.now / 2) <= 1);
  await page.keyboard.press('+');
  await until('a quarter', async () => Math.abs((await width()) - later.now / 4) <= 1);
  await until('ticks', async () => (await page.getByTestId('tape-picture').locator('.tape-tick').count()) > 1);
  // An arrow is one event, however wide the line is.
  const { steps } = await state();
  await slider.focus();
  await page.keyboard.press('ArrowRight');
  assert.equal((await state()).steps, steps + 1);
  await page.keyboard.press('0');
  await soon(width, later.now);
  await page.keyboard.press('End');
  await soon(async () => (await state()).time.is_past, false);
});

test('several statements at one time, and after one step, are drawn', async () => {
  for (const line of ['crash all', 'run 1s', 'partition 1 2 | 3 4 5', 'run 50ms']) await exec(page, line);
  const { steps } = await state();
  for (const line of ['heal', 'run 50ms', 'partition 1 | 2 3 4 5', 'run 50ms', 'heal']) await exec(page, line);
  assert.equal((await state()).steps, steps, 'nothing happens while all are down');
  for (const line of ['restart 1', 'crash 1', 'restart 2', 'crash 2', 'restart 1', 'crash 1']) await exec(page, line);
  await exec(page, 'restart all');
  const { marks, faults } = (await state()).time.tape;
  assert.ok(marks.filter((mark) => mark.steps === steps).length > 2);
  const picture = page.getByTestId('tape-picture');
  await soon(() => picture.locator('.tape-mark').count(), marks.length);
  await soon(() => picture.locator('.tape-fault').count(), faults.length);
  await exec(page, 'run until leader');
  assert.deepEqual(errors, []);
});

test('one goes from message to message of the selected node', async () => {
  const end = await state();
  const follower = end.nodes.find(({ id }) => id !== end.leader).id;
  await page.getByTestId(`node-${follower}`).click();
  await page.getByTestId('previous-message').click();
  await soon(async () => (await state()).time.is_past, true);
  const first = await state();
  await page.getByTestId('previous-message').click();
  await until('an earlier one', async () => (await state()).steps < first.steps);
  await page.getByTestId('next-message').click();
  await soon(async () => (await state()).trace_hash, first.trace_hash);
  await page.getByTestId('return-to-live').click();
  await page.keyboard.press('Escape');
  await soon(async () => (await state()).time.is_past, false);
});

test('Ctrl+Z takes back the last command', async () => {
  const before = await state();
  await exec(page, `crash ${before.leader}`);
  assert.equal((await state()).leader, null);
  await page.getByTestId('step-back').focus();
  await page.keyboard.press('Control+z');
  await consoleLine(page, /crash .* is taken back/);
  const after = await state();
  assert.equal(after.trace_hash, before.trace_hash);
  assert.equal(after.time.branches.length, before.time.branches.length + 1);
});

test('two fingers zoom the line', async () => {
  await page.getByTestId('zoom-whole').click();
  await soon(() => page.getByTestId('zoom-whole').getAttribute('aria-pressed'), 'true');
  const box = await page.getByTestId('tape').boundingBox();
  const session = await page.context().newCDPSession(page);
  const touch = (type, ...places) =>
    session.send('Input.dispatchTouchEvent', {
      type,
      touchPoints: places.map((x, id) => ({ id, x: box.x + x, y: box.y + box.height / 2 })),
    });
  const width = async () => {
    const [from, to] = await Promise.all(['min', 'max'].map((name) => page.getByTestId('tape').getAttribute(name)));
    return to - from;
  };
  const whole = await width();
  await touch('touchStart', 300);
  await touch('touchStart', 300, 400);
  await touch('touchMove', 250, 450);
  await touch('touchMove', 200, 500);
  await touch('touchEnd');
  await until('a narrower window', async () => (await width()) < whole * 0.6);
});
