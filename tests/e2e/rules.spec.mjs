// Rules can be switched off, and words of the field looked up: each has a run that shows it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { openLab, says, soon, until, view } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

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

async function opened(t) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  t.after(() => page.close());
  const errors = await openLab(page, server.url);
  t.after(() => assert.deepEqual(errors, []));
  return page;
}

async function rules(page) {
  await page.locator('.tab-properties').click();
  await page.getByTestId('break-a-rule').click();
}

test('a rule is switched off and on again, and a banner says so', async (t) => {
  const page = await opened(t);
  await rules(page);
  const row = page.getByTestId('rule-vote-ignores-log');
  await says(row, /§5\.4\.1[^]*Leader Completeness/);
  assert.deepEqual(await seriousViolations(page), []);
  await row.getByRole('button', { name: 'Break' }).click();
  await says(row, /Mend/);
  await page.keyboard.press('Escape');
  await says(page.getByTestId('rule-off'), /vote-ignores-log/);
  await page.getByTestId('mend').click();
  await until('no banner', async () => (await page.getByTestId('rule-off').count()) === 0);
});

test('the run that breaks a rule is opened before the violation', async (t) => {
  const page = await opened(t);
  await rules(page);
  await page.getByTestId('rule-search').fill('read-without');
  await soon(() => page.locator('.rule-row').count(), 1);
  await page.getByTestId('rule-read-without-quorum').getByText('Show me').click();
  await says(page.getByTestId('tape-state'), /Looking at the past/);
  assert.ok((await view(page)).properties.every(({ broken }) => !broken));
  await page.keyboard.press('End');
  await says(page.getByTestId('tape-state'), /is broken/);
});

test('a word of the field is found, and a run shows it', async (t) => {
  const page = await opened(t);
  await page.getByTestId('lessons').click();
  await page.getByTestId('glossary').click();
  await page.getByTestId('glossary-search').fill('split vote');
  const row = page.getByTestId('glossary-list').locator('li').first();
  await says(row, /split vote/);
  assert.deepEqual(await seriousViolations(page), []);
  await row.getByText('Show me').click();
  await says(page.locator('.panel-lesson h2'), /\w/);
  await soon(() => page.getByTestId('lesson').getAttribute('data-turn'), 'learner');
});

test('a challenge is met with few statements, which are counted', async (t) => {
  const page = await opened(t);
  await rules(page);
  const row = page.getByTestId('rule-vote-forgotten');
  await row.getByRole('button', { name: 'Challenge' }).click();
  await says(page.getByTestId('lesson'), /needs 2 statements/);
  await soon(() => page.getByTestId('lesson').getAttribute('data-turn'), 'learner');
  for (const line of ['run 260ms', 'crash 1', 'restart 1']) {
    await page.evaluate((line) => globalThis.helios.exec(line).catch(() => {}), line);
  }
  await says(page.getByTestId('lesson'), /Reached with 2 statements/);
});

test('a word in a lesson tells its meaning', async (t) => {
  const page = await opened(t);
  await page.getByTestId('lessons').click();
  await page.getByTestId('lesson-02-terms-and-votes').click();
  await page.getByTestId('lesson').locator('[data-word]').first().click();
  await says(page.getByTestId('word'), /\w/);
  assert.deepEqual(await seriousViolations(page), []);
  await page.getByTestId('word-show').click();
  await until('closed', async () => (await page.getByTestId('word').count()) === 0);
});
