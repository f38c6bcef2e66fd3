// After the first visit the page needs no network, and a new version never leaves it blank.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  appendFile,
  cp,
  mkdtemp,
  readFile,
  readdir,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { launchBrowser } from './lib/browser.mjs';
import {
  PATIENCE_MS,
  atFullSpeed,
  exec,
  keysOf,
  openLab,
  says,
  tool,
  until,
  view,
} from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { DIST, startServer } from './lib/server.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The page is below two folders of its host, as on many static hosts. */
const PATH = 'a/b/';

let browser;
let folder;
/** Two builds: folders with their versions. */
let first;
let second;

before(async () => {
  browser = await launchBrowser();
  folder = await mkdtemp(join(tmpdir(), 'helios-offline-'));
  first = { root: DIST, version: await versionOf(DIST) };
  second = await anotherBuild();
});

after(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

async function versionOf(page) {
  const index = await readFile(join(page, 'index.html'), 'utf8');
  return /data-version="([0-9a-f]{16})"/.exec(index)[1];
}

/** A build with another byte in its program, with the names and the list of a build. */
async function anotherBuild() {
  const root = join(folder, 'second');
  await cp(DIST, root, { recursive: true });
  const program = (await readdir(root)).find((name) => /^web-[0-9a-f]+$/.test(name));
  await appendFile(join(root, program, 'web.js'), '\n// Another byte.\n');
  await promisify(execFile)('cargo', ['xtask', 'offline', root], { cwd: ROOT });
  return { root, version: await versionOf(root) };
}

/** A host with a build on it: others can be put there, and it can stop and start again. */
async function aHost(t, build) {
  const site = await mkdtemp(join(folder, 'site-'));
  await writeFile(join(site, 'index.html'), 'Nothing is here.');
  let server;
  const host = {
    async put({ root }) {
      await rm(join(site, PATH), { recursive: true, force: true });
      await cp(root, join(site, PATH), { recursive: true });
    },
    file: (path) => join(site, PATH, path),
    async start() {
      server = await startServer({ root: site, port: server?.port });
      host.url = `${server.url}${PATH}`;
    },
    stop: () => server.close(),
  };
  await host.put(build);
  await host.start();
  t.after(host.stop);
  return host;
}

/** A page in a browser of its own, once all files of its version are there. */
async function visited(t, host) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  t.after(() => context.close());
  const page = await context.newPage();
  await openLab(page, host.url);
  await until('all files are there', () => isControlled(page));
  return page;
}

const isControlled = (page) => page.evaluate(() => navigator.serviceWorker.controller !== null);
const versionShown = (page) =>
  page.locator('meta[name="helios-version"]').getAttribute('data-version');

/** Opens the page again: the cluster must be there, whatever the network does. */
async function reload(page) {
  await page.reload();
  await page.getByTestId('node-1').waitFor({ timeout: PATIENCE_MS });
  return versionShown(page);
}

test('without its server, a page that was visited once has everything', async (t) => {
  const host = await aHost(t, first);
  const page = await visited(t, host);
  await atFullSpeed(page);
  assert.equal((await exec(page, 'set kept=yes')).ok, true);
  await host.stop();
  assert.equal(await reload(page), first.version);
  // The stored lab is recovered.
  await says(page.getByTestId('recovered-banner'), /Recovered 5 nodes/);
  await atFullSpeed(page);
  await exec(page, 'run until converged');
  assert.equal(keysOf(await view(page), 1).kept, 'yes');
  // A panel of the part that loads later, and a job in a worker.
  await tool(page, 'find');
  await page.getByTestId('find-condition').fill('happened two-leaders');
  await page.getByTestId('find-begin').click();
  await says(page.getByTestId('find-hits'), /seed \d+, at/);
  await page.keyboard.press('Escape');
  // A text that nobody has looked at before.
  await page.getByTestId('lessons').click();
  await page.getByTestId('lesson-02-terms-and-votes').click();
  await page.getByTestId('lesson').waitFor();
  await page.goto(`${host.url}index.html`);
  await page.getByTestId('node-1').waitFor({ timeout: PATIENCE_MS });
  await host.start();
});

test('a page that is open hears of a new version, keeps its own, and shows it on demand', async (t) => {
  const host = await aHost(t, first);
  const page = await visited(t, host);
  // Something that the next page recovers.
  await atFullSpeed(page);
  await exec(page, 'set kept=yes');
  await host.put(second);
  // As when one comes back to the tab.
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await page.getByTestId('new-version').waitFor();
  assert.deepEqual(await seriousViolations(page), []);
  assert.equal(await versionShown(page), first.version, 'nothing happens by itself');
  // Its host has lost the files of this version, and the page finds them all the same.
  await tool(page, 'find');
  await page.getByTestId('find-condition').fill('happened two-leaders');
  await page.getByTestId('find-begin').click();
  await says(page.getByTestId('find-hits'), /seed \d+, at/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Reload' }).click();
  await until('the new version', async () =>
    (await versionShown(page).catch(() => null)) === second.version);
  await page.getByTestId('recovered-banner').waitFor();
  assert.equal(await page.getByTestId('new-version').isVisible(), false);
  const caches = () => page.evaluate(() => globalThis.caches.keys());
  // The page before may count as open for a moment; coming back to the tab asks again.
  await until('the old version is dropped', async () => {
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    return (await caches()).filter((name) => name.startsWith('helios http')).length === 1;
  });
  await host.stop();
  assert.equal(await reload(page), second.version);
  await host.start();
});

test('a version that comes while a page is opened is shown at once', async (t) => {
  const host = await aHost(t, first);
  const page = await visited(t, host);
  for (const build of [second, first, second]) {
    await host.put(build);
    assert.equal(await reload(page), build.version);
    assert.equal(await page.getByTestId('new-version').isVisible(), false);
  }
});

test('of a version that does not arrive whole, nothing is shown', async (t) => {
  const host = await aHost(t, first);
  const page = await visited(t, host);
  const program = (await readdir(second.root)).find((name) => /^web-[0-9a-f]+$/.test(name));
  const part = host.file(`${program}/split_panels.wasm`);
  // As if a host were still copying: half a file, then none.
  await host.put(second);
  await truncate(part, 1_000);
  assert.equal(await reload(page), first.version);
  await rm(part);
  assert.equal(await reload(page), first.version);
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  assert.equal(await page.getByTestId('new-version').isVisible(), false);
  // Once it is whole, it is shown.
  await host.put(second);
  assert.equal(await reload(page), second.version);
});

test('two pages: the one that runs on keeps its files when the other one is newer', async (t) => {
  const host = await aHost(t, first);
  const page = await visited(t, host);
  await host.put(second);
  const other = await page.context().newPage();
  await other.goto(host.url);
  // A slow page does not wait for it: then the next opening shows it.
  await until('the new version', async () =>
    (await versionShown(other)) === second.version || (await reload(other)) === second.version);
  await until('the notice', () => page.getByTestId('new-version').isVisible());
  await page.getByTestId('lessons').click();
  await page.getByTestId('lesson-02-terms-and-votes').click();
  await page.getByTestId('lesson').waitFor();
  await page.getByRole('button', { name: 'Not now' }).click();
  assert.equal(await page.getByTestId('new-version').isVisible(), false);
});

test('a browser without service workers shows the page, and complains of nothing', async (t) => {
  const host = await aHost(t, first);
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  await page.addInitScript(() => {
    delete Navigator.prototype.serviceWorker;
  });
  const errors = await openLab(page, host.url);
  await page.waitForTimeout(2_500);
  assert.deepEqual(errors, []);
});
