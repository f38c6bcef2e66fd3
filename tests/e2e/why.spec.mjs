// Why something happened, and why something did not.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { atFullSpeed, consoleLine, exec, openLab, says, until, view } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

const FOUND = new URL('../../scenarios/bugs/read-without-quorum.helios', import.meta.url);

let server;
let browser;
let page;
let errors;

const answer = () => page.getByTestId('why-answer');
const asked = (question) => says(answer().locator('.why-asked'), new RegExp(question));
const isPast = () => page.evaluate(() => globalThis.helios.state().lab.time.is_past);

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

test('from the violation of a script, four questions lead to the statement that caused it', async () => {
  const script = { name: 'found.helios', mimeType: 'text/plain', buffer: await readFile(FOUND) };
  await page.getByTestId('script-file').setInputFiles(script);
  await page.getByTestId('rule-off').waitFor();
  await until('the violation', async () =>
    (await view(page)).properties.some(({ broken }) => broken));
  // The sentence asks about the violation, once it is on screen.
  await page.locator('[data-testid="why-headline"]:not([data-ask="why no leader"])').click();
  await asked('why \\d+');
  // Each question is about the nearest cause of the one before.
  for (let count = 1; count < 4; count += 1) {
    const before = await answer().locator('.why-asked').innerText();
    await answer().locator('.why-chain').first().locator('.event-why').first().click();
    await until('another answer', async () =>
      (await answer().locator('.why-asked').innerText()) !== before);
  }
  const statement = answer().locator('.why-step.is-statement').last();
  await says(statement, /`partition 1`/);
  await statement.locator('.event-time').click();
  await until('the moment of the statement', isPast);
});

test('why no leader: the sentence asks, and the answer says what it needs', async () => {
  await until('a leader', async () => (await view(page)).leader);
  await exec(page, 'crash all');
  await page.getByTestId('why-headline').click();
  await asked('why no leader');
  await says(answer().locator('.why-words').first(), /No server is up/);
  await says(answer().locator('.why-needs'), /restart all/);
  await exec(page, 'restart 1');
  await page.locator('[data-ask="why no leader"]').first().click();
  await says(answer().locator('.why-words').first(), /it takes 3 of 5, and only node 1 is up/);
  assert.deepEqual(await seriousViolations(page), []);
});

test('an event, an entry and a node are asked about, and Escape closes nothing else', async () => {
  await until('a leader', async () => (await view(page)).leader);
  await page.getByRole('button', { name: 'Events', exact: true }).click();
  await page.locator('.event-why').first().click();
  await asked('why \\d+');
  await consoleLine(page, /because/);
  const follower = (await view(page)).nodes.find(({ core }) => core?.role === 'follower').id;
  await page.getByTestId(`node-${follower}`).click();
  await page.getByRole('button', { name: `Why does node ${follower} not lead?` }).click();
  await asked(`why not leader ${follower}`);
  await says(answer().locator('.why-words').last(), /has led since/);
  await page.getByRole('button', { name: 'Close the answer' }).click();
  await until('no answer', async () => (await answer().count()) === 0);
});

test('on a phone the sentence is cut, and its question is not', async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await until('a leader', async () => (await view(page)).leader);
  await exec(page, 'partition 1 2 | 3 4 | 5');
  await exec(page, 'crash all');
  const why = page.getByTestId('why-headline');
  await why.waitFor();
  // The sentence follows the two commands.
  const headline = page.getByTestId('headline');
  await until('words that are too long for the place', () => headline.evaluate(
    ({ scrollHeight, clientHeight }) => scrollHeight > clientHeight));
  const [box, cut] = await headline.evaluate((headline) => [
    document.querySelector('[data-testid="why-headline"]').getBoundingClientRect().toJSON(),
    headline.closest('.sentence').getBoundingClientRect().toJSON(),
  ]);
  assert.ok(box.right <= 390 && box.bottom <= cut.bottom, JSON.stringify([box, cut]));
  await why.click();
  await asked('why no leader');
});

test('what the line of the run shows can be asked about, with the keyboard and the mouse', async () => {
  await until('a leader', async () => (await view(page)).leader);
  const { leader } = await view(page);
  await exec(page, `crash ${leader}`);
  // The menu asks about what the line shows when it opens.
  await page.locator('.tape-fault', { hasText: `node ${leader} down` }).waitFor();
  await page.getByTestId('tape-why').focus();
  await page.keyboard.press('Enter');
  const fault = page.getByRole('menuitem', { name: `Why “node ${leader} down”?` });
  await fault.waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  await fault.press('Enter');
  await asked('why \\d+');
  await says(answer().locator('.why-words').first(), new RegExp(`Node ${leader} crashes`));
  // A right click asks about the time under the mouse.
  const band = await page.locator('.tape-band').first().boundingBox();
  await page.mouse.click(band.x + band.width / 2, band.y + 5, { button: 'right' });
  await page.getByRole('menuitem', { name: `Why does node ${leader} lead term 1?` }).click();
  await says(answer().locator('.why-words').first(), new RegExp(`[Nn]ode ${leader}`));
  await until('no menu', async () => (await page.getByRole('menu').count()) === 0);
});

test('a key of the stores tells the entry that set it, and what a node lacks', async () => {
  await atFullSpeed(page);
  await until('a leader', async () => (await view(page)).leader);
  const { leader } = await view(page);
  const other = leader === 5 ? 4 : 5;
  await exec(page, 'set x=1');
  await exec(page, 'run 1s');
  await exec(page, `partition ${other} | others`);
  await exec(page, 'set x=2');
  await page.locator('[data-ask="why value x"]').click();
  await asked('why value x');
  await says(answer().locator('.why-words').first(), /x is 2: the last entry that changed it is/);
  await says(answer().locator('.why-words').last(), /x is 1: it has not applied/);
  await says(answer().locator('.why-needs').last(), /heal/);
});

test('terms, clients, keys and sections of a sentence lead on, with the keyboard too', async () => {
  await until('a leader', async () => (await view(page)).leader);
  await exec(page, 'set x=1 client=3');
  await page.getByRole('button', { name: 'Events', exact: true }).click();
  const named = (attribute) => page.locator(`.event-words ${attribute}`).first();
  await named('[data-ask="why term 1"]').click();
  await asked('why term 1');
  await page.getByRole('button', { name: 'Events', exact: true }).click();
  await named('[data-select="client 3"]').click();
  await page.getByRole('heading', { name: 'Client 3' }).waitFor();
  await page.getByRole('button', { name: 'Why was its last answer this one' }).click();
  await asked('why answer client 3');
  const section = answer().locator('[data-rule]').first();
  await section.focus();
  await page.keyboard.press('Enter');
  await says(page.getByTestId('rules'), /Raft paper, §8: Clients find the leader/);
  assert.deepEqual(await seriousViolations(page), []);
  await page.keyboard.press('Escape');
  await until('the focus is back', () => section.evaluate((it) => it === document.activeElement));
  // On a phone, the stores come to the place of the panels.
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'Events', exact: true }).click();
  await named('[data-show-key="x"]').click();
  await page.locator('.key-cell.is-sought').waitFor();
  await says(page.locator('.key-cell.is-sought'), /^x/);
});
