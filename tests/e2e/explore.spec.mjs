// Explore from here: an answer that nothing goes wrong within bounds, or the shortest run that does.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { exec, openLab, says, tool, until, view } from './lib/lab.mjs';
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

/** A page with the run of a script, at its end. */
async function opened(t, script) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  t.after(() => page.close());
  const errors = await openLab(page, server.url);
  t.after(() => assert.deepEqual(errors, []));
  await page.getByTestId('script-file').setInputFiles({
    name: 'moment.helios', mimeType: 'text/plain', buffer: Buffer.from(script),
  });
  await until('a leader', async () => (await view(page)).leader !== null && (await view(page)).nodes.length === 3);
  await until('the end of the script', () => page.evaluate(() => !globalThis.helios.state().view.goal));
  return page;
}

/** Nothing is under way but heartbeats. */
const QUIET = 'cluster nodes=3 seed=8 paper\nrun until leader\nset x=0\nrun 120ms\n';

async function explored(page, pattern) {
  await page.getByTestId('explore-begin').click();
  await says(page.getByTestId('explore-answer'), pattern);
}

test('within bounds nothing goes wrong, and the answer says what was looked at', async (t) => {
  const page = await opened(t, QUIET);
  await tool(page, 'explore');
  await page.getByRole('dialog', { name: 'Explore from here' }).waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByTestId('explore-depth').fill('10');
  await explored(page, /within 1 election, 1 crash and 1 write and 10 steps, nothing breaks a property\. \D*\d/);
  const words = await page.getByTestId('explore-answer').innerText();
  const states = words.match(/property\. (\D*\d[^a-z]*) states/)[1].replace(/\D/g, '');
  assert.ok(Number(states) > 1000, words);
  // Nothing happened to the run on the page.
  assert.notEqual((await view(page)).leader, null);
});

test('with a rule off, the shortest run to the violation opens as a branch', async (t) => {
  const page = await opened(t, `${QUIET}break vote-ignores-log\n`);
  await page.keyboard.press('e');
  await page.getByTestId('explore-crashes').fill('0');
  await explored(page, /this goes wrong after \d+ steps, and after no fewer/);
  await says(page.getByTestId('explore-broken'), /Leader Completeness/);
  await page.getByTestId('explore-open').click();
  await until('the violation', async () =>
    (await view(page)).properties.some((property) => property.broken));
  assert.match(await page.getByTestId('tape-state').innerText(), /Leader Completeness is broken/);
});

test('a condition is looked for, and the shortest run to it opens as a branch', async (t) => {
  const page = await opened(t, QUIET);
  const { leader } = await view(page);
  const other = leader === 1 ? 2 : 1;
  await page.keyboard.press('e');
  await page.getByTestId('explore-goal').fill(`leader ${leader}`);
  await page.getByTestId('explore-begin').click();
  await says(page.getByTestId('explore-refusal'), /holds already/);
  await page.getByTestId('explore-goal').fill(`leader ${other}`);
  await explored(page, /“leader \d” comes to hold after \d+ steps, and after no fewer/);
  await page.getByTestId('explore-open').click();
  await until('it leads', async () => (await view(page)).leader === other);
});

test('a lesson asks for it, and the run that is found reaches its goal', async (t) => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  t.after(() => page.close());
  const errors = await openLab(page, server.url);
  t.after(() => assert.deepEqual(errors, []));
  await page.getByTestId('lessons').click();
  await page.getByTestId('lesson-16-how-we-know').click();
  const turn = () => page.getByTestId('lesson').getAttribute('data-turn');
  await until('the first step', async () => (await turn()) === 'over');
  // The seventh step.
  await page.locator('.lesson-step').nth(6).click();
  await says(page.locator('.panel-lesson'), /Explore from here/);
  await until('the step', async () => (await turn()) === 'learner');
  await page.keyboard.press('e');
  await page.getByTestId('explore-crashes').fill('0');
  await page.getByTestId('explore-proposals').fill('0');
  await page.getByTestId('explore-depth').fill('60');
  await explored(page, /within 1 election, nothing breaks a property: all that can happen was tried/);
  await page.getByTestId('explore-elections').fill('2');
  await explored(page, /this goes wrong after 11 steps, and after no fewer/);
  await page.getByTestId('explore-open').click();
  await until('the goal', async () => (await turn()) === 'over');
  await says(page.locator('.lesson-end'), /eleven steps are enough/);
});

test('while no time passes, one chooses what happens next', async (t) => {
  const page = await opened(t, QUIET);
  await page.evaluate(() => globalThis.helios.setRunning(false));
  const { leader } = await view(page);
  await exec(page, `timeout ${leader === 1 ? 2 : 1}`);
  await page.locator('.tab-inspector').click();
  await says(page.locator('.inspector h3').first(), /What can happen next/);
  assert.deepEqual(await seriousViolations(page), []);
  // Its vote for itself is written first.
  const sent = await until('requests for votes', async () => {
    await exec(page, 'step');
    const requests = (await view(page)).messages.filter(({ kind }) => kind === 'RequestVote');
    return requests.length > 0 && requests;
  });
  const { id, to } = sent[0];
  await page.locator(`[data-line="deliver message ${id}"]`).click();
  await until('it has arrived', async () =>
    !(await view(page)).messages.some((message) => message.id === id));
  // The other one is lost, and the voter crashes.
  await page.locator(`[data-line="drop message ${sent.at(-1).id}"]`).click();
  await page.locator(`[data-line="crash ${to}"]`).click();
  await until('it is down', async () =>
    (await page.getByTestId(`node-${to}`).getAttribute('data-state')) === 'crashed');
  assert.ok(await page.locator(`[data-line="restart ${to}"]`).isVisible());
});
