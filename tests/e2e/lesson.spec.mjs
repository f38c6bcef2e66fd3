// Lessons: one predicts, the run answers; one acts, goals are ticked off; progress is kept.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { openLab, says, soon, until, view } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

const LESSON = '02-terms-and-votes';

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});

after(async () => {
  await browser.close();
  await server.close();
});

const lesson = (page) => page.getByTestId('lesson');
const turn = (page, word) => soon(() => lesson(page).getAttribute('data-turn'), word);
const step = (page) => page.locator('.panel-lesson .panel-aside').innerText();

async function begun(t, scene = 0) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  t.after(() => page.close());
  const errors = await openLab(page, server.url);
  t.after(() => assert.deepEqual(errors, []));
  await page.getByTestId('lessons').click();
  await page.getByTestId(`lesson-${LESSON}`).click();
  await turn(page, 'learner');
  if (scene > 0) {
    await page.locator('.lesson-step').nth(scene).click();
    await until('the scene', async () => (await step(page)).includes(`Step ${scene + 1} of`));
    await turn(page, 'learner');
  }
  return page;
}

test('a prediction is answered by the run, and a wrong one by another run', async (t) => {
  const page = await begun(t);
  // Nothing can be run before an answer is chosen, and nothing tells which is right.
  await page.getByTestId('lesson-run').click({ force: true });
  assert.equal(await lesson(page).getAttribute('data-turn'), 'learner');
  assert.equal(await page.locator('.lesson-verdict').count(), 0);
  await page.getByTestId('choice-1').click();
  // The colours of the button come in 120 ms.
  await page.waitForTimeout(500);
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByTestId('lesson-run').click();
  await page.getByTestId('lesson-hurry').click();
  await turn(page, 'over');
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(500);
    assert.deepEqual(await seriousViolations(page), [], colorScheme);
  }
  assert.equal((await view(page)).leader, 5);
  await says(page.locator('.lesson-choice.is-right'), /Node 5/);
  await says(page.locator('.lesson-choice.is-picked'), /Node 2[^]*not in this run/);
  await says(page.locator('.lesson-end'), /timer of node 5/);
  // The run in which the answer would have been right, and the way back.
  await page.getByTestId('instead-1').click();
  await says(page.locator('.lesson-choice.is-picked'), /Here it is so/);
  assert.equal((await view(page)).leader, 2);
  await page.getByTestId('instead-back').click();
  await until('the first run', async () => (await view(page)).leader === 5);
});

test('a goal is ticked off when one has brought it about with the offered tools', async (t) => {
  const page = await begun(t, 2);
  const goal = page.getByTestId('goals').locator('li').first();
  assert.equal(await goal.getAttribute('class'), null);
  // Only what the step is about is offered.
  await says(page.locator('.lesson-actions'), /timer/);
  assert.equal(await page.locator('[data-line^="crash"]').count(), 0);
  await page.locator('[data-line="timeout 3"]').click();
  await page.locator('[data-line="timeout 4"]').click();
  // The focus goes where Space runs.
  await soon(() => page.evaluate(() => document.activeElement.id), 'run-toggle');
  await page.keyboard.press('Space');
  await until('the goal', async () => (await goal.getAttribute('class')) === 'is-reached');
  await turn(page, 'over');
  await says(page.locator('.lesson-end'), /refused/);
});

test('one is shown a way, and the next step begins with the run of the lesson', async (t) => {
  const page = await begun(t, 2);
  await page.locator('[data-line="timeout 1"]').click();
  await page.getByTestId('lesson-solve').click();
  await says(page.locator('.lesson-way'), /timeout 3/);
  await turn(page, 'over');
  await page.getByTestId('lesson-next').click();
  await until('the next step', async () => (await step(page)).includes('Step 4 of'));
  await turn(page, 'learner');
});

test('progress is kept, and a reload comes back to the step', async (t) => {
  const page = await begun(t, 1);
  await page.getByTestId('choice-1').click();
  await page.getByTestId('lesson-run').click();
  await page.getByTestId('lesson-hurry').click();
  await turn(page, 'over');
  await page.reload();
  await turn(page, 'learner');
  assert.match(await step(page), /Step 2 of/);
  await says(page.locator('.panel-lesson h2'), /Terms and votes/);
  await page.getByTestId('lessons').click();
  await says(page.getByTestId(`lesson-${LESSON}`), /1 of \d steps/);
  await page.keyboard.press('Escape');
  // Who leaves keeps the cluster.
  await page.getByTestId('lesson-leave').click();
  await until('no lesson', async () => (await lesson(page).count()) === 0);
  assert.equal(await page.locator('.tab-lesson').count(), 0);
  await says(page.getByTestId('notice'), /in memory/);
  await page.getByTestId('node-1').waitFor();
});

test('a lesson that cannot be loaded is told in words, and nothing is lost', async (t) => {
  // The service worker would have the texts.
  const options = { viewport: { width: 390, height: 844 }, serviceWorkers: 'block' };
  const page = await browser.newPage(options);
  t.after(() => page.close());
  await openLab(page, server.url);
  await page.route('**/lessons/student/**', (route) => route.abort());
  await page.getByTestId('lessons').click();
  await page.getByTestId(`lesson-${LESSON}`).click();
  await says(page.getByTestId('not-opened'), /cannot be loaded/);
  await page.unroute('**/lessons/student/**');
  await page.getByTestId('lessons').click();
  await page.getByTestId(`lesson-${LESSON}`).click();
  await turn(page, 'learner');
  assert.equal(await page.getByTestId('not-opened').count(), 0);
});

test('a lesson works with the keys alone', async (t) => {
  const page = await begun(t);
  await lesson(page).focus();
  await page.keyboard.press('b');
  await soon(() => page.getByTestId('choice-1').getAttribute('aria-pressed'), 'true');
  await page.keyboard.press('a');
  await soon(() => page.getByTestId('choice-0').getAttribute('aria-pressed'), 'true');
  await page.keyboard.press('Enter');
  await page.getByTestId('lesson-hurry').click();
  await turn(page, 'over');
  // A list would scroll.
  await page.getByTestId('lesson-again').focus();
  await page.keyboard.press('PageDown');
  await until('the next step', async () => (await step(page)).includes('Step 2 of'));
  await page.keyboard.press('PageUp');
  await until('the step before', async () => (await step(page)).includes('Step 1 of'));
});
