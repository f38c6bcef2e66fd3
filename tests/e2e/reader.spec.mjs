// The way of somebody who hears the page and has no pointer, through the first lesson. It is written
// down in docs/accessibility.md; what is heard is read from the browser's tree of accessibility.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { leaderOnScreen, openLab, soon, until } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

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

/** What a screen reader says of the element with the focus: role, name, states. */
async function reader(page) {
  const devtools = await page.context().newCDPSession(page);
  return async () => {
    const { result } = await devtools.send('Runtime.evaluate', { expression: 'document.activeElement' });
    const { nodes } = await devtools.send('Accessibility.getPartialAXTree', {
      objectId: result.objectId,
      fetchRelatives: false,
    });
    const [{ role, name, properties = [] }] = nodes;
    const states = properties.filter(({ name, value }) =>
      ['pressed', 'expanded', 'disabled'].includes(name) && !['false', false].includes(value.value));
    return [role?.value, `“${name?.value}”`, ...states.map((state) => state.name)].join(' ');
  };
}

/** Presses Tab until something is heard; fails after `most` stops, and says what was heard. */
async function tabTo(page, heard, wanted, most = 12) {
  const stops = [];
  for (let stop = 0; stop < most; stop += 1) {
    await page.keyboard.press('Tab');
    const words = await heard();
    if (wanted.test(words)) return words;
    stops.push(words);
  }
  assert.fail(`${wanted} was not heard in ${most} stops: ${stops.join(', ')}`);
}

const turn = (page, word) =>
  soon(() => page.getByTestId('lesson').getAttribute('data-turn'), word);

/** What is heard without the focus. */
const told = (page, selector) => page.locator(selector).innerText();

test('the first lesson, heard and with the keyboard alone', async (t) => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  t.after(() => page.close());
  const errors = await openLab(page, server.url);
  const heard = await reader(page);

  // 1. The head of the page, in this order.
  for (const stop of [/^button “(Run|Pause)”/, /^button “Step back”/, /^button “Step”/, /^slider “Speed”/,
    /^button “Search or command”/]) {
    await page.keyboard.press('Tab');
    assert.match(await heard(), stop);
  }

  // 2. The lessons: a dialog with a name; the first one is Why consensus.
  await tabTo(page, heard, /^button “Lessons”/, 1);
  await page.keyboard.press('Enter');
  await until('the dialog', () => page.getByRole('dialog', { name: /Lessons/ }).isVisible());
  await tabTo(page, heard, /button “.*Why consensus/);
  await page.keyboard.press('Enter');

  // 3. The step has the focus, and its title is its name.
  await turn(page, 'learner');
  await until('the step', async () => /^region “One server”/.test(await heard()));
  assert.match(await told(page, '#lesson'), /Crash the server/);

  // 4. What the step is about is offered after it.
  await tabTo(page, heard, /^button “Crash.*: 1”/, 8);
  await page.keyboard.press('Enter');
  // The focus goes where Space lets the cluster run.
  await until('run', async () => /button “Run”/.test(await heard()));
  await page.keyboard.press('Space');
  await until('the first goal', () => page.locator('[data-testid="goals"] .is-reached').count());
  // A goal that is reached is told, and so is the state of the cluster.
  await until('the sentence', async () => (await told(page, '[data-testid="spoken"]')).length > 0);
  await page.getByTestId('lesson-again').focus();
  await page.keyboard.press('Enter');
  await soon(() => page.locator('[data-testid="goals"] .is-reached').count(), 0);
  await page.getByTestId('lesson-solve').focus();
  assert.match(await heard(), /^button “Show me one way”/);
  // The client waits for two seconds of the cluster: faster.
  for (let press = 0; press < 14; press += 1) await page.keyboard.press(']');
  await page.keyboard.press('Enter');
  await turn(page, 'over');
  assert.match(await told(page, '.lesson-end'), /No other server has x/);

  // 5. The way on has the focus, and the next step is heard from its beginning.
  await until('the way on', async () => /^button “Next step”/.test(await heard()));
  await page.keyboard.press('Enter');
  await turn(page, 'learner');
  await until('the second step', async () => /^region “An empty disk”/.test(await heard()));

  // Slow again: the run answers before one's eyes.
  for (let press = 0; press < 14; press += 1) await page.keyboard.press('[');

  // 6. A question: each answer is a button that says whether it is chosen.
  await tabTo(page, heard, /button “Nothing”/, 8);
  await page.keyboard.press('Space');
  assert.match(await heard(), /button “Nothing” pressed/);
  await tabTo(page, heard, /button “Let it run and see”$/);
  await page.keyboard.press('Enter');
  await turn(page, 'reveal');
  await until('the run', async () => /button “To the end”/.test(await heard()));
  await page.keyboard.press('Enter');
  await turn(page, 'over');
  await until('the way on', async () => /^button “Next step”/.test(await heard()));
  assert.match(await told(page, '.lesson-choice.is-picked'), /so it was/);
  assert.match(await told(page, '.lesson-end'), /It refuses to start/);
  // The colours of a button come in 120 ms.
  await page.waitForTimeout(500);
  assert.deepEqual(await seriousViolations(page), []);
  assert.deepEqual(errors, []);
});

test('the cluster is heard: each node with its state, and the sentence at most once in 2 s', async (t) => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  t.after(() => page.close());
  await openLab(page, server.url);
  const { id: leader } = await until('a leader', () => leaderOnScreen(page));
  const heard = await reader(page);
  await page.getByTestId(`node-${leader}`).focus();
  assert.match(await heard(), new RegExp(`button “Node ${leader}, leader in term \\d+,.* log \\d+, committed \\d+”`));
  await page.evaluate(() => {
    globalThis.told = [];
    const spoken = document.querySelector('[data-testid="spoken"]');
    new MutationObserver(() => globalThis.told.push(performance.now()))
      .observe(spoken, { characterData: true, childList: true, subtree: true });
    globalThis.helios.setSpeed(Infinity);
  });
  for (let turn = 0; turn < 6; turn += 1) {
    for (const line of ['crash leader', 'run 400ms', 'restart all', 'run 300ms']) {
      await page.evaluate((line) => globalThis.helios.exec(line), line);
    }
  }
  await page.waitForTimeout(2500);
  const times = await page.evaluate(() => globalThis.told);
  assert.ok(times.length >= 1, 'nothing was told');
  for (const [place, time] of times.slice(1).entries()) {
    assert.ok(time - times[place] >= 1900, `told again after ${time - times[place]} ms`);
  }
});

test('the path that is written down is the one that is tested', async () => {
  const path = await readFile(new URL('../../docs/accessibility.md', import.meta.url), 'utf8');
  for (const words of ['Lessons', 'Why consensus', 'One server', 'Next step', 'An empty disk',
    'Let it run and see', 'To the end']) {
    assert.ok(path.includes(words), words);
  }
});
