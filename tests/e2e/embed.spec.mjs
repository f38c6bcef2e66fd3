// Labs in the page of somebody else: apart from each other, paused out of sight, and at its call.

import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launchBrowser } from './lib/browser.mjs';
import { PATIENCE_MS, atFullSpeed, exec, openLab, says, soon, until } from './lib/lab.mjs';
import { seriousViolations, watchForErrors } from './lib/page.mjs';
import { DIST, startServer } from './lib/server.mjs';

const ELEMENT = fileURLToPath(new URL('../../web/npm/helios-lab.js', import.meta.url));

const SCRIPT = 'cluster nodes=3 seed=4\nrun until leader\nset a=1\nrun 1s\n';

let server;
let browser;
let site;

before(async () => {
  site = await mkdtemp(join(tmpdir(), 'helios-embed-'));
  await writeFile(join(site, 'index.html'), 'The page of somebody else.');
  await cp(ELEMENT, join(site, 'helios-lab.js'));
  await cp(DIST, join(site, 'lab'), { recursive: true });
  await writeFile(join(site, 'three.helios'), SCRIPT);
  server = await startServer({ root: site });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await server?.close();
  await rm(site, { recursive: true, force: true });
});

/** A page of somebody else with this in its body. */
async function aPage(t, body, options = {}) {
  const name = `${Math.random().toString(36).slice(2)}.html`;
  const head = '<title>A page</title><link rel="icon" href="data:,">';
  const script = '<script type="module" src="./helios-lab.js"></script>';
  const begin = `<!doctype html><html lang="en"><head>${head}</head><body><main><h1>A page</h1>`;
  await writeFile(join(site, name), `${begin}${body}</main>${script}</body></html>`);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  const errors = watchForErrors(page);
  await page.goto(`${server.url}${name}`);
  return { page, errors };
}

/** The page in the frame of a lab, once its cluster or its error is there. */
async function frameOf(page, selector = 'helios-lab') {
  const frame = page.locator(selector).locator('iframe').contentFrame();
  await frame.locator('.is-embed, [role=alert]').first().waitFor({ timeout: PATIENCE_MS });
  return frame;
}

const call = (page, selector, method, ...args) =>
  page.$eval(selector, (lab, [name, rest]) => lab[name](...rest), [method, args]);

const now = async (page, selector) => (await call(page, selector, 'view')).now;

const BESIDE = `
  <div style="display: flex; gap: 8px">
    <helios-lab id="left" style="flex: 1; height: 420px" src="three.helios" view="ring logs"
      controls aria-label="Three nodes"></helios-lab>
    <helios-lab id="right" style="flex: 1; height: 420px" view="sentence keys console">
cluster nodes=5 seed=9
run until leader
    </helios-lab>
  </div>`;

test('two labs stand beside each other, each with its own views and run', async (t) => {
  // As if a whole page of the same host had been open in this tab.
  const { page, errors } = await aPage(t, `
    <script>sessionStorage.setItem('helios-run-origin', 'scratch')</script>${BESIDE}`);
  const left = await frameOf(page, '#left');
  const right = await frameOf(page, '#right');
  await left.getByTestId('node-1').waitFor();
  assert.equal(await left.locator('.panel').count(), 2);
  assert.equal(await left.getByTestId('run-toggle').count(), 1);
  assert.equal(await right.locator('.panel').count(), 1);
  assert.equal(await right.getByTestId('node-1').count(), 0);
  assert.equal(await right.getByTestId('run-toggle').count(), 0);
  await right.getByTestId('headline').waitFor();
  assert.equal((await call(page, '#left', 'view')).nodes.length, 3);
  assert.equal((await call(page, '#right', 'view')).nodes.length, 5);
  await right.getByTestId('console-input').fill('set mine=1');
  await right.getByTestId('console-input').press('Enter');
  // Nothing is stored, and nobody is asked. A whole page keeps its run after a second.
  await page.waitForTimeout(1_500);
  const stored = await page.evaluate(async () => [
    (await indexedDB.databases()).length, localStorage.length, Object.keys(sessionStorage),
  ]);
  assert.deepEqual(stored, [0, 0, ['helios-run-origin']]);
  assert.equal(await left.getByRole('dialog').count(), 0);
  // In each frame, so that the page around them sees into them.
  for (const frame of page.frames()) await seriousViolations(frame);
  assert.deepEqual(await seriousViolations(page), []);
  assert.deepEqual(errors, []);
});

test('a lab takes the size that the page gives it, and scrolls nowhere else', async (t) => {
  const { page } = await aPage(t, '<helios-lab view="ring logs" controls></helios-lab>');
  const frame = await frameOf(page);
  await frame.getByTestId('node-1').waitFor();
  for (const [width, height] of [[900, 500], [360, 480], [300, 260], [1200, 700]]) {
    await page.$eval('helios-lab', (lab, size) => {
      lab.style.width = `${size[0]}px`;
      lab.style.height = `${size[1]}px`;
    }, [width, height]);
    const box = await page.locator('helios-lab').boundingBox();
    assert.deepEqual([box.width, box.height], [width, height]);
    await soon(() => frame.locator('html').evaluate((root) => root.clientWidth), width);
    const beyond = await frame.locator('html').evaluate(
      (root) => [root.scrollWidth - root.clientWidth, root.scrollHeight - root.clientHeight],
    );
    assert.deepEqual(beyond, [0, 0], `${width} by ${height}`);
    const ring = await frame.locator('.panel-cluster').boundingBox();
    const logs = await frame.locator('.panel-logs').boundingBox();
    assert.equal(ring.y === logs.y, width >= 700, `${width} by ${height}`);
  }
});

test('time stands still out of sight, and goes on', async (t) => {
  const { page } = await aPage(t, '<helios-lab></helios-lab><div style="height: 4000px"></div>');
  await frameOf(page);
  const first = await now(page, 'helios-lab');
  await until('time passes', async () => (await now(page, 'helios-lab')) > first);
  await page.evaluate(() => scrollTo(0, 3_000));
  await page.waitForTimeout(500);
  const away = await now(page, 'helios-lab');
  await page.waitForTimeout(500);
  assert.equal(await now(page, 'helios-lab'), away);
  await page.evaluate(() => scrollTo(0, 0));
  await until('time passes again', async () => (await now(page, 'helios-lab')) > away);
});

test('the page carries out lines, reads the view, and hears of moments', async (t) => {
  const { page } = await aPage(t, '');
  await page.evaluate(() => {
    globalThis.heard = [];
    const lab = document.createElement('helios-lab');
    for (const name of ['ready', 'moment']) {
      lab.addEventListener(name, ({ detail }) => globalThis.heard.push([name, detail]));
    }
    document.querySelector('main').append(lab);
  });
  const frame = await frameOf(page);
  await frame.getByTestId('node-1').waitFor();
  const words = await call(page, 'helios-lab', 'exec', 'crash 2');
  assert.equal(words.ok, true);
  await until('the crash', async () => {
    const { nodes } = await call(page, 'helios-lab', 'view');
    return nodes.find(({ id }) => id === 2).core === null;
  });
  const refused = await call(page, 'helios-lab', 'exec', 'crsh 2').catch((error) => error.message);
  assert.match(refused, /crsh/);
  const long = await call(page, 'helios-lab', 'exec', 'x'.repeat(20_000)).catch((e) => e.message);
  assert.match(long, /at most 16384 characters/);
  const heard = () => page.evaluate(() => globalThis.heard);
  assert.equal((await heard())[0][0], 'ready');
  await until('a moment', async () =>
    (await heard()).some(([name, { steps }]) => name === 'moment' && steps > 0));
});

test('a broken property is told', async (t) => {
  const bug = new URL('../../scenarios/bugs/vote-forgotten.helios', import.meta.url);
  await cp(fileURLToPath(bug), join(site, 'bug.helios'));
  const { page } = await aPage(t, '<helios-lab src="bug.helios" view="ring"></helios-lab>');
  await page.evaluate(() => {
    document.querySelector('helios-lab').addEventListener('violation', ({ detail }) => {
      globalThis.broken = detail.map(({ name }) => name);
    });
  });
  const frame = await frameOf(page);
  await frame.locator('body').evaluate(() => globalThis.helios.setSpeed(Infinity));
  const broken = await until('a violation', () => page.evaluate(() => globalThis.broken));
  assert.ok(broken.length > 0);
});

test('a link to a moment opens without a question, and leads to the whole page', async (t) => {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  t.after(() => context.close());
  const whole = await context.newPage();
  await openLab(whole, `${server.url}lab/`);
  await atFullSpeed(whole);
  await exec(whole, 'set x=1');
  await exec(whole, 'crash leader');
  await whole.evaluate(() => globalThis.helios.setRunning(false));
  await whole.getByTestId('share').click();
  const link = await whole.getByTestId('share-link').inputValue();
  const shown = await whole.evaluate(() => globalThis.helios.state().view.trace_hash);
  const { page } = await aPage(t, `<helios-lab src="${link}" view="ring,diagram"></helios-lab>`);
  const frame = await frameOf(page);
  await until('the moment', async () =>
    (await call(page, 'helios-lab', 'view')).trace_hash === shown);
  assert.equal(await frame.getByRole('dialog').count(), 0);
  await frame.getByTestId('diagram-sheet').waitFor();
  const opened = page.context().waitForEvent('page');
  await frame.getByTestId('open-in-helios').click();
  const there = await opened;
  await there.getByTestId('open-link').waitFor({ timeout: PATIENCE_MS });
  assert.equal(new URL(there.url()).search, '');
});

test('what cannot be shown says so in words', async (t) => {
  const { page } = await aPage(t, `
    <helios-lab id="missing" src="nothing.helios"></helios-lab>
    <helios-lab id="wrong" view="rings"></helios-lab>
    <helios-lab id="damaged" src="#moment=AQAAAAAA"></helios-lab>
    <helios-lab id="script">cluster nodes=many</helios-lab>`);
  await says(page.locator('#missing p'), /cannot be shown: the server answers 404 to nothing.hel/);
  for (const [id, words] of [
    ['wrong', /There is no view “rings”: view takes sentence, ring/],
    ['damaged', /damaged/],
    ['script', /nodes/],
  ]) {
    const frame = await frameOf(page, `#${id}`);
    await says(frame.locator('[role=alert]'), words);
    const refused = await call(page, `#${id}`, 'exec', 'run 1s').catch((error) => error.message);
    assert.match(refused, words);
  }
  // Once it is right, it is shown.
  await page.$eval('#missing', (lab) => lab.setAttribute('src', 'three.helios'));
  await (await frameOf(page, '#missing')).getByTestId('node-3').waitFor();
});

test('keys act with the focus inside only, and all is reached by them', async (t) => {
  const { page } = await aPage(t,
    '<button id="before">Before</button><helios-lab view="ring" controls></helios-lab>');
  const frame = await frameOf(page);
  await frame.getByTestId('node-1').waitFor();
  const running = () => frame.locator('body').evaluate(() => globalThis.helios.moment().running);
  await soon(running, true);
  await page.locator('#before').focus();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'before');
  await page.keyboard.press('.');
  assert.equal(await running(), true, 'a key of the page around it');
  await page.keyboard.press('Tab');
  await soon(() => frame.getByTestId('run-toggle').evaluate((it) => it.matches(':focus')), true);
  await page.keyboard.press('Enter');
  await soon(running, false);
  await page.keyboard.press('.');
  assert.equal(await frame.getByRole('dialog').count(), 0);
  await page.keyboard.press('?');
  assert.equal(await frame.getByRole('dialog').count(), 0, 'an embed has no dialogs');
});

test('light and dark follow the page', async (t) => {
  const { page } = await aPage(t, '<helios-lab></helios-lab>', { colorScheme: 'light' });
  const frame = await frameOf(page);
  const dark = () => frame.locator('body').evaluate((body) => {
    const [lightness] = /[\d.]+/.exec(getComputedStyle(body.parentElement).backgroundColor);
    return Number(lightness) < 0.5;
  });
  await soon(dark, false);
  await page.emulateMedia({ colorScheme: 'dark' });
  await soon(dark, true);
  await page.evaluate(() => {
    document.documentElement.style.colorScheme = 'light';
  });
  await soon(dark, false);
});

test('a frame alone needs no script, and only its parent may speak with it', async (t) => {
  const { page } = await aPage(t, `<iframe title="A lab" width="600" height="400"
    src="lab/index.html?view=ring,logs&controls#script=${encodeURIComponent(SCRIPT)}"></iframe>`);
  const frame = page.locator('iframe').contentFrame();
  await frame.getByTestId('node-3').waitFor({ timeout: PATIENCE_MS });
  assert.equal(await frame.getByTestId('node-4').count(), 0);
  // A message from within, and one of another version: no answer.
  const heard = await frame.locator('body').evaluate(() => new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(true);
    postMessage({ helios: 1 }, '*', [port2]);
    setTimeout(() => resolve(false), 500);
  }));
  assert.equal(heard, false);
});
