// Closing the tab is a power failure of the whole cluster; opening it again is recovery.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchProfile, newProfileFolder, removeProfileFolder } from './lib/browser.mjs';
import {
  atFullSpeed,
  exec,
  keysOf,
  leaderOnScreen,
  openLab,
  says,
  tool,
  until,
  view,
} from './lib/lab.mjs';
import { startServer } from './lib/server.mjs';

/** How often the browser is killed. */
const ROUNDS = 20;
/** How many acknowledged writes each round waits for before the kill. */
const WRITES = 10;

let server;

before(async () => {
  server = await startServer();
});

after(() => server?.close());

/** The keys that every node agrees on, once all have the same. */
async function agreedKeys(page) {
  // A node starts with the entries of which its disk says that they are committed. The others are
  // known to be only when a leader has said so.
  const answer = await exec(page, 'run until converged');
  assert.equal(answer.ok, true, JSON.stringify(answer));
  let shown;
  const agree = async () => {
    shown = await view(page);
    const stores = shown.nodes.map(({ id }) => keysOf(shown, id));
    const all = new Set(stores.map((keys) => JSON.stringify(Object.entries(keys).sort())));
    const empty = stores.some((keys) => Object.keys(keys).length === 0);
    return all.size === 1 && !empty && stores[0];
  };
  return until('all nodes have the same keys', agree, 90_000).catch(async ({ message }) => {
    throw new Error(`${message}\n${JSON.stringify(answer)}\n${await whatIsSeen(page, shown)}`);
  });
}

/** Why the nodes do not agree: the nodes of a view, and the words on the page. */
async function whatIsSeen(page, shown) {
  const nodes = shown.nodes.map((node) => {
    const keys = Object.keys(keysOf(shown, node.id)).length;
    return `${keys} keys: ${JSON.stringify(node)}`;
  });
  const words = await page.evaluate(() => document.body.innerText.slice(0, 2000));
  return [`steps ${shown.steps}, ${shown.stores.total} keys`, ...nodes, words].join('\n');
}

/** All keys of the rounds: a view has a window of them, a client lists all with a prefix. */
async function keysOfRounds(page, rounds) {
  const keys = { ...(await agreedKeys(page)) };
  for (let round = 1; round <= rounds; round += 1) {
    const answer = await exec(page, `list r${round}w`);
    assert.equal(answer.ok, true, JSON.stringify(answer));
    Object.assign(keys, answer.entries);
  }
  return keys;
}

test('a reload recovers the cluster and says what it recovered', async () => {
  const folder = await newProfileFolder();
  const { page, close } = await launchProfile(folder);
  await openLab(page, server.url);
  await until('a leader', () => leaderOnScreen(page));
  await atFullSpeed(page);
  const answer = await exec(page, 'set kept=yes');
  assert.equal(answer.ok, true, JSON.stringify(answer));
  await page.reload();
  await page.getByTestId('recovered-banner').waitFor();
  await says(page.getByTestId('recovered-banner'), /recovered/i);
  await atFullSpeed(page);
  assert.equal((await agreedKeys(page)).kept, 'yes');
  await close();
  await removeProfileFolder(folder);
});

test('a second tab is told who owns the lab, and gets a scratch lab', async () => {
  const folder = await newProfileFolder();
  const { context, page, close } = await launchProfile(folder);
  await openLab(page, server.url);
  const second = await context.newPage();
  await second.goto(server.url);
  await second.getByTestId('scratch-lab').click();
  await second.getByTestId('node-1').waitFor();
  await until('a leader in the scratch lab', () => leaderOnScreen(second));
  await close();
  await removeProfileFolder(folder);
});

/** Makes every stored record look as if an earlier version of the program had written it. */
function age(page) {
  return page.evaluate(async () => {
    const settled = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const [{ name }] = await indexedDB.databases();
    const database = await settled(indexedDB.open(name));
    const stores = ['log', 'meta', 'snapshot'];
    const transaction = database.transaction(stores, 'readwrite');
    let records = 0;
    for (const store of stores.map((store) => transaction.objectStore(store))) {
      const keys = await settled(store.getAllKeys());
      const values = await settled(store.getAll());
      values.forEach((value, place) => {
        value[0] = 1;
        store.put(value, keys[place]);
        records += 1;
      });
    }
    await new Promise((resolve) => (transaction.oncomplete = resolve));
    database.close();
    return records;
  });
}

test('a lab stored by an earlier version is said to be one, and can be wiped', async () => {
  const folder = await newProfileFolder();
  const { page, close } = await launchProfile(folder);
  await openLab(page, server.url);
  await atFullSpeed(page);
  assert.equal((await exec(page, 'set old=yes')).ok, true);
  // A page of the same origin that does not have the lab open.
  await page.goto(`${server.url}nothing-here`);
  assert.ok((await age(page)) > 5);
  await page.goto(server.url);
  await page.getByTestId('node-1').waitFor();
  const words = await page.getByTestId('notice').innerText();
  assert.match(words, /cannot be opened.*earlier version of Helios.*wipe it/s);
  assert.match(words, /This lab is in memory/);
  await tool(page, 'wipe-lab');
  await page.getByTestId('dialog-confirm').click();
  await until('a stored lab again', async () => {
    const state = await page.evaluate(() => globalThis.helios?.state?.()).catch(() => null);
    return state?.lab.durable.mode === 'durable';
  });
  await close();
  await removeProfileFolder(folder);
});

test('wiping asks first, and then starts an empty lab', async () => {
  const folder = await newProfileFolder();
  const { page, close } = await launchProfile(folder);
  await openLab(page, server.url);
  await atFullSpeed(page);
  const answer = await exec(page, 'set gone=soon');
  assert.equal(answer.ok, true, JSON.stringify(answer));
  await tool(page, 'wipe-lab');
  await page.getByTestId('dialog-confirm').click();
  await until('an empty store', async () => {
    const state = await page.evaluate(() => globalThis.helios?.state?.()).catch(() => null);
    return state && state.view.nodes.every(({ id }) => !('gone' in keysOf(state.view, id)));
  });
  await close();
  await removeProfileFolder(folder);
});

/** Writes one key after the other, telling the test of every acknowledged one, until the kill. */
async function writeUntilKilled(page, round, acknowledged) {
  await page.exposeFunction('acknowledged', (key) => acknowledged.add(key));
  await page.evaluate((number) => {
    (async () => {
      for (let write = 0; ; write += 1) {
        const key = `r${number}w${write}`;
        const { ok } = await globalThis.helios.exec(`set ${key}=1 client=${1 + (write % 3)}`);
        if (ok) await globalThis.acknowledged(key);
      }
    })();
  }, round);
}

test('whatever was acknowledged before the browser was killed is there afterwards', async () => {
  const folder = await newProfileFolder();
  const acknowledged = new Set();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { page, kill } = await launchProfile(folder);
    await openLab(page, server.url);
    await atFullSpeed(page);
    if (acknowledged.size > 0) {
      const keys = await keysOfRounds(page, round - 1);
      const lost = [...acknowledged].filter((key) => !(key in keys));
      assert.deepEqual(lost, [], `acknowledged, then lost, before round ${round}`);
    }
    const before = acknowledged.size;
    await writeUntilKilled(page, round, acknowledged);
    await until('acknowledged writes', () => acknowledged.size >= before + WRITES);
    // At a different place in the stream of writes each time.
    await new Promise((resolve) => setTimeout(resolve, (round * 37) % 200));
    await kill();
  }
  const { page, close } = await launchProfile(folder);
  await openLab(page, server.url);
  await atFullSpeed(page);
  const keys = await keysOfRounds(page, ROUNDS);
  assert.deepEqual([...acknowledged].filter((key) => !(key in keys)), []);
  assert.ok(acknowledged.size >= ROUNDS * WRITES);
  await close();
  await removeProfileFolder(folder);
});
