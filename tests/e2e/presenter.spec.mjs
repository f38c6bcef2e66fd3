// A run is presented in large type by the keys of a remote control, and other tabs follow.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { exec, openLab, says, soon, until, view } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

const RUN =
  'cluster nodes=5 seed=8\nrun until leader\nset x=1\nrun 200ms\ncrash leader\n' +
  'run until leader\nrun 100ms\npartition 1 2 | others\nrun 300ms\nheal\nrun 200ms\n';

let server;
let browser;
let context;
let page;
let errors;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  page = await context.newPage();
  errors = await openLab(page, server.url);
  const script = { name: 'talk.helios', mimeType: 'text/plain', buffer: Buffer.from(RUN) };
  await page.getByTestId('script-file').setInputFiles(script);
  await until('the end of the script', async () => {
    const { running } = await page.evaluate(() => globalThis.helios.moment());
    return (await view(page)).now > 1_000_000 && !running;
  });
});

afterEach(async () => {
  assert.deepEqual(errors, []);
  await context.close();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const steps = async (tab) => (await view(tab)).steps;
const place = (tab) => tab.getByTestId('presenter-place').innerText();

/** Presents, from the first mark of the run on. */
async function present() {
  await page.keyboard.press('Shift+P');
  await page.getByTestId('presenter-next').waitFor();
  const { marks } = await page.evaluate(() => globalThis.helios.state().lab.time.tape);
  return marks;
}

/** Another tab of the same browser, which follows. */
async function audience() {
  const tab = await context.newPage();
  errors.push(...(await openLab(tab, `${server.url}#follow`)));
  await says(tab.getByTestId('follow-state'), /You follow/);
  return tab;
}

test('a remote control goes from moment to moment, and nothing else acts', async () => {
  const marks = await present();
  assert.ok(marks.length >= 5, `${marks.length} marks`);
  await page.keyboard.press('PageUp');
  await soon(() => steps(page), marks.at(-1).steps);
  await page.keyboard.press('ArrowLeft');
  await soon(() => steps(page), marks.at(-2).steps);
  await until('the words', async () => (await place(page)).startsWith(`${marks.length - 1} of `));
  await page.keyboard.press('ArrowRight');
  await soon(() => steps(page), marks.at(-1).steps);
  for (const key of ['d', 'b', 's', 'f', 'Control+k']) await page.keyboard.press(key);
  assert.equal(await page.locator('dialog').count(), 0);
  assert.equal(await page.getByTestId('split-apply').count(), 0);
  assert.equal(await steps(page), marks.at(-1).steps);
  await page.keyboard.press('.');
  await page.getByTestId('presenter-is-black').waitFor();
  await page.keyboard.press('.');
  await soon(() => page.getByTestId('presenter-is-black').count(), 0);
  const pointer = () => page.evaluate(() => document.documentElement.dataset.pointer ?? '');
  await page.mouse.move(300, 300);
  await soon(pointer, '');
  await soon(pointer, 'hidden');
  await page.mouse.move(320, 300);
  await soon(pointer, '');
  await page.keyboard.press('Escape');
  await soon(() => page.getByTestId('presenter').count(), 0);
});

test('a key answers the question of a lesson, and the run says what is right', async () => {
  await page.getByTestId('lessons').click();
  await page.getByTestId('lesson-02-terms-and-votes').click();
  await soon(() => page.getByTestId('lesson').getAttribute('data-turn'), 'learner');
  await present();
  await says(page.getByTestId('presenter'), /A: .*B: /);
  await page.keyboard.press('a');
  await soon(() => page.getByTestId('presenter-choice-0').count(), 0);
  await page.keyboard.press('Escape');
  await soon(() => page.getByTestId('lesson').getAttribute('data-turn'), 'over');
  assert.equal(await page.locator('.lesson-choice.is-picked').count(), 1);
});

test('a tab follows: the moment, the selection, the view, and a black screen', async () => {
  const marks = await present();
  const tab = await audience();
  await soon(() => steps(tab), await steps(page));
  assert.equal((await view(tab)).trace_hash, (await view(page)).trace_hash, 'the same run');
  for (let back = 0; back < 3; back += 1) await page.keyboard.press('PageUp');
  await soon(() => steps(tab), marks.at(-3).steps);
  assert.equal((await view(tab)).trace_hash, (await view(page)).trace_hash);
  await soon(() => place(tab), await place(page));
  await page.getByTestId('node-2').click();
  await soon(() => tab.getByTestId('node-2').getAttribute('aria-pressed'), 'true');
  await page.keyboard.press('.');
  await tab.getByTestId('presenter-is-black').waitFor();
  await page.keyboard.press('.');
  await soon(() => tab.getByTestId('presenter-is-black').count(), 0);

  // A late one gets the present state.
  const late = await audience();
  await soon(() => steps(late), marks.at(-3).steps);

  await page.keyboard.press('Escape');
  await says(tab.getByTestId('follow-state'), /is gone/);
  await tab.getByTestId('presenter-leave').click();
  await soon(() => tab.getByTestId('followed').count(), 0);
  assert.equal(await steps(tab), marks.at(-3).steps, 'the run stays');
});

test('a tab is asked, and its own lab stays as it is', async () => {
  const tab = await context.newPage();
  errors.push(...(await openLab(tab, server.url).catch(async () => {
    await tab.getByTestId('scratch-lab').click();
    await tab.getByTestId('node-1').waitFor();
    return [];
  })));
  await exec(tab, 'set mine=1');
  await present();
  await tab.getByTestId('follow-offer').waitFor();
  assert.deepEqual(await seriousViolations(tab), []);
  await tab.getByTestId('follow').click();
  await says(tab.getByTestId('follow-state'), /You follow/);
  await soon(() => steps(tab), await steps(page));
  // A presenter whose tab is gone says nothing any more.
  await page.close();
  await says(tab.getByTestId('follow-state'), /is gone/);
  await tab.keyboard.press('Escape');
  await tab.getByTestId('back-to-lab').waitFor();
});

test('without a presenter, an audience says so', async () => {
  const tab = await context.newPage();
  await openLab(tab, `${server.url}#follow`);
  await says(tab.getByTestId('follow-state'), /No other tab presents/);
  await present();
  await says(tab.getByTestId('follow-state'), /You follow/);
});

for (const colorScheme of ['light', 'dark']) {
  for (const [width, height] of [[1280, 720], [1024, 768], [390, 844]]) {
    test(`axe-core finds nothing serious: ${colorScheme}, ${width}×${height}`, async () => {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await present();
      await page.mouse.move(200, 200);
      assert.deepEqual(await seriousViolations(page), []);
    });
  }
}
