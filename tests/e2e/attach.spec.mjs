// The page shows a real cluster while its servers tell what they do.

import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { entry, newCluster } from './lib/cluster.mjs';
import { PATIENCE_MS, says, soon, until } from './lib/lab.mjs';
import { seriousViolations, watchForErrors } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

const LOG = [entry(1, 6, 'put a = 1'), entry(2, 7, 'put greeting = hello'), entry(3, 7, 'delete a')];

let server;
let browser;
let page;
let errors;
let cluster;

const state = () => page.evaluate(() => globalThis.helios.state());
const recorded = () => page.getByTestId('recorded');
const events = async () => Number(await recorded().getAttribute('data-events'));
const follows = () => recorded().getAttribute('data-follows');
const status = () => page.getByTestId('attached-status');
const headline = () => page.getByTestId('recorded-headline');
const watched = () => until('somebody watches', () => cluster.isWatched);

/** Each server tells its state; node 2 leads. */
function begin() {
  cluster.observed(1, { entries: LOG, commit: 2 });
  cluster.observed(2, { role: 'leader', entries: LOG, commit: 3 });
  cluster.observed(3, { entries: LOG.slice(0, 1), commit: 1 });
}

before(async () => {
  server = await startServer({ onUpgrade: (...request) => cluster.onUpgrade(...request) });
  browser = await launchBrowser();
});

beforeEach(async () => {
  cluster = newCluster();
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  errors = watchForErrors(page);
  await page.goto(`${server.url}#attach`);
  await watched();
  begin();
  await recorded().waitFor({ timeout: PATIENCE_MS });
});

afterEach(async () => {
  assert.deepEqual(errors, []);
  cluster.hangUp();
  await page.close();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('a cluster is followed live, into its past and back', async () => {
  await says(status(), /Live: attached to 3 servers\./);
  await says(page.getByTestId('recorded-about'), /real servers, read only.*The lab of this page stands still/s);
  await says(headline(), /Node 2 leads term 7\. Committed: entry 3\./);
  await says(page.getByTestId('file-verdict'), /No contradiction to Raft so far/);
  assert.equal((await state()).lab.pacing.running, false);
  assert.deepEqual([await follows(), await events()], ['true', 3]);
  const role = (node) => recorded().getByTestId(`node-${node}`).getAttribute('data-role');
  assert.deepEqual([await role(1), await role(2), await role(3)], ['follower', 'leader', 'follower']);

  cluster.appends(2, [entry(4, 7, 'put b = 2')]);
  cluster.appends(1, [entry(4, 7, 'put b = 2')]);
  cluster.appends(2, [], 4);
  await says(headline(), /Committed: entry 4\./);
  await page.getByTestId('recorded-events').click();
  await says(page.getByTestId('recorded'), /node 2 commits entry 4/);

  // In the past, what comes changes nothing.
  await page.getByTestId('recorded-tape').fill('3');
  await soon(follows, 'false');
  await says(headline(), /Committed: entry 3\./);
  cluster.appends(2, [entry(5, 7, 'put c = 3')], 5);
  await says(page.getByTestId('recorded-figure'), new RegExp(`event 3 of ${cluster.events}`));
  assert.equal(await events(), 3);
  await page.keyboard.press('ArrowRight');
  await soon(events, 4);
  await page.keyboard.press('End');
  await soon(follows, 'true');
  await says(headline(), /Committed: entry 5\./);
  await page.keyboard.press('ArrowLeft');
  await soon(follows, 'false');
  await page.getByTestId('recorded-live').click();
  await soon(follows, 'true');
  assert.deepEqual(await seriousViolations(page), []);
});

test('an event leads to its cause, and the panels show what was told', async () => {
  cluster.appends(2, [entry(4, 7, 'put b = 2')]);
  await soon(events, 4);
  await page.getByRole('button', { name: 'Pause' }).and(page.getByTestId('recorded-play')).click();
  await soon(follows, 'false');
  await says(page.getByTestId('recorded-event'), /Event 4.*node 2 writes/s);
  await page.getByTestId('to-cause').click();
  await soon(events, 3);
  await says(page.getByTestId('recorded-event'), /Event 3.*node 3 is follower of term 7/s);
  await page.getByTestId('recorded-nodes').click();
  await says(page.getByTestId('recorded-table'), /leader.*7/s);
  await page.getByTestId('recorded-diagram').click();
  await until('the diagram has items', async () =>
    Number(await page.getByTestId('recorded-sheet').getAttribute('data-items')) > 2);
  await page.getByTestId('recorded-properties').click();
  await says(page.getByTestId('recorded-verdicts'), /Log Matching.*holds/s);
});

test('a connection that is lost is made again, and what was told stays until then', async () => {
  cluster.isDeaf = true;
  cluster.hangUp();
  await says(status(), /The connection is lost: trying again/);
  await says(headline(), /Node 2 leads term 7/);
  await page.getByTestId('recorded-tape').fill('1');
  await soon(events, 1);
  cluster.isDeaf = false;
  await watched();
  cluster.observed(1, { role: 'leader', term: 9 });
  await says(headline(), /Node 1 leads term 9/);
  await says(status(), /attached to 1 server, and 2 out of sight/);
  assert.deepEqual([await follows(), await events()], ['true', 1]);
  // The browser itself reports attempts that were refused.
  errors.splice(0, errors.length, ...errors.filter((error) => !error.includes('WebSocket')));
});

test('it is said which servers are out of sight, and that events were missed', async () => {
  cluster.outOfSight(3);
  await says(status(), /attached to 2 servers, and 1 out of sight/);
  await page.getByTestId('recorded-nodes').click();
  await says(page.getByTestId('recorded-table'), /3\s+–\s+7/);
  cluster.observed(3, { entries: LOG, commit: 3 });
  await says(status(), /attached to 3 servers/);
  assert.equal(await page.getByTestId('attached-missed').count(), 0);
  cluster.observed(1, { entries: LOG, commit: 3 });
  await says(page.getByTestId('attached-missed'), /missed 1 time, the last time of node 1/);
});

test('a line that cannot be read is refused in words, and somebody may connect again', async () => {
  cluster.frame('{"event":9,"time_us":9000,"kind":"applied"}\n');
  await says(status(), /a line that cannot be read: line 5: `entries` is missing/);
  assert.equal(await headline().innerText(), 'Node 2 leads term 7. Committed: entry 3.');
  await page.getByTestId('attach-again').click();
  await watched();
  begin();
  await says(status(), /Live: attached to 3 servers/);
});

test('a server that breaks a rule is noticed', async () => {
  cluster.leads(1, 7);
  await says(page.getByTestId('file-verdict'), /No run of Raft.*Event 5: Election Safety.*node 1 leads/s);
  cluster.appends(2, [entry(4, 7, 'put b = 2')]);
  await soon(events, 6);
  await page.getByTestId('to-illegal').click();
  await soon(events, 5);
});

test('the lab goes on when the cluster is left', async () => {
  await page.getByRole('button', { name: 'Close' }).click();
  await soon(async () => (await state()).lab.pacing.running, true);
  assert.equal(await recorded().count(), 0);
  assert.equal(new URL(page.url()).hash, '');
  await until('nobody watches', () => !cluster.isWatched);
});
