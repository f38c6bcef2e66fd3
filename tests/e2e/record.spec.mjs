// A person records a lesson of the run on the page, tries it, and goes on.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
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

async function recording(t) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  t.after(() => page.close());
  const errors = await openLab(page, server.url);
  t.after(() => assert.deepEqual(errors, []));
  await page.getByTestId('run-toggle').click();
  await act(page, 'run until leader');
  await page.getByTestId('lessons').click();
  await page.getByTestId('record-lesson').click();
  await page.getByTestId('record-title').fill('A crash');
  await page.getByTestId('record-title').blur();
  return page;
}

async function act(page, line) {
  await page.evaluate((line) => globalThis.helios.exec(line), line);
}

async function addStep(page, title) {
  await page.getByTestId('record-step-title').fill(title);
  await page.getByTestId('record-step-text').fill(`What ${title} says.`);
  await page.getByTestId('record-add').click();
  await says(page.getByTestId('record-steps'), new RegExp(title));
}

test('a lesson with a question is recorded, checked, saved, tried, and gone on with', async (t) => {
  const page = await recording(t);
  await addStep(page, 'A leader');
  await act(page, 'crash leader');
  await page.getByTestId('record-asks').check();
  await page.getByTestId('record-question').fill('Who leads next?');
  await page.getByTestId('record-choice-0').fill('Another node');
  await page.getByTestId('record-condition-0').fill('leader');
  await page.getByTestId('record-choice-1').fill('Nobody');
  await page.getByTestId('record-condition-1').fill('no leader');
  assert.deepEqual(await seriousViolations(page), []);
  await addStep(page, 'The crash');
  await act(page, 'run until leader');

  await page.getByTestId('record-check').click();
  await says(page.getByTestId('record-told'), /choice "?Nobody"?.*expected/s);
  await page.getByRole('button', { name: 'Change The crash' }).click();
  const second = page.locator('.record-choice').nth(1);
  await second.locator('summary').click();
  await page.getByTestId('record-never-1').fill('Timers elapse.');
  await page.getByTestId('record-add').click();
  await soon(() => page.getByTestId('record-step-title').inputValue(), '');
  await page.getByTestId('record-check').click();
  await says(page.getByTestId('record-told'), /Every question has an answer/);

  const download = page.waitForEvent('download');
  await page.getByTestId('record-save').click();
  const text = await readFile(await (await download).path(), 'utf8');
  assert.match(text, /^cluster[^]*\nlesson "A crash"\n[^]*\nask "Who leads next\?"\n/);

  await page.getByTestId('record-play').click();
  await says(page.locator('.panel-lesson h2'), /A crash/);
  await soon(() => page.getByTestId('lesson').getAttribute('data-turn'), 'over');
  await page.getByTestId('lesson-next').click();
  await page.getByTestId('choice-0').waitFor();
  await page.getByTestId('lesson-to-record').click();
  await says(page.getByTestId('record-steps'), /A leader[^]*The crash/);
});

test('a step is for the moment that is shown, and a refusal says what is missing', async (t) => {
  const page = await recording(t);
  await page.getByTestId('record-add').click();
  await says(page.getByTestId('record-error'), /title of a step/);
  await addStep(page, 'Later');
  await page.keyboard.press('Escape');
  await page.evaluate(() => globalThis.helios.exec('back 20'));
  await until('the past', async () => (await page.getByTestId('tape-state').innerText()) !== '');
  await addStep(page, 'Earlier');
  await says(page.getByTestId('record-steps'), /Earlier[^]*Later/);
  assert.ok((await view(page)).steps >= 0);
  await page.getByRole('button', { name: 'Remove Later' }).click();
  await until('one step', async () => (await page.locator('.record-step').count()) === 1);
});

test('a lesson that is opened as a file begins', async (t) => {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  t.after(() => page.close());
  const errors = await openLab(page, server.url);
  t.after(() => assert.deepEqual(errors, []));
  const text = 'cluster nodes=3 seed=1\nlesson "Mine"\nscene "One"\n# Words.\nrun 100ms\n';
  const file = { name: 'mine.helios', mimeType: 'text/plain', buffer: Buffer.from(text) };
  await page.locator('input[type=file]').setInputFiles(file);
  await says(page.locator('.panel-lesson h2'), /Mine/);
});
