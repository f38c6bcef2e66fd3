// The page in the three engines of browsers: it works, stores, recovers, and says what it cannot do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { newProfileFolder, removeProfileFolder } from '../e2e/lib/browser.mjs';
import { atFullSpeed, exec, keysOf, until, view } from '../e2e/lib/lab.mjs';
import { startStage } from './lib/agent.mjs';
import { ENGINES, launch } from './lib/engine.mjs';

/** How often an engine is killed. */
const ROUNDS = 5;
/** How many acknowledged writes each round waits for before the kill. */
const WRITES = 10;

/** Opens an engine with the page, calls `run`, and removes all. */
async function onStage(engine, run, options = {}) {
  const stage = await startStage();
  const folder = await newProfileFolder();
  const browser = await launch(engine, folder, stage.url, options);
  try {
    await run({ stage, page: await stage.next() });
  } finally {
    await browser.kill();
    await stage.close();
    await removeProfileFolder(folder);
  }
}

const isThere = (page, selector) =>
  page.evaluate((wanted) => document.querySelector(wanted) !== null, selector);
const appears = (page, selector) => until(selector, () => isThere(page, selector));
const press = (page, selector) =>
  page.evaluate((wanted) => document.querySelector(wanted).click(), selector);
const words = (page) => page.evaluate(() => document.body.innerText);
const says = (page, pattern) =>
  until(`words like ${pattern}`, async () => pattern.test(await words(page)));
const errors = (page) => page.evaluate(() => globalThis.agentErrors);
const durable = (page) => page.evaluate(() => globalThis.helios.state().lab.durable.mode);

/** Waits for the cluster, and lets it run as fast as it can. */
async function ready(page) {
  await appears(page, '[data-testid="node-1"]');
  await atFullSpeed(page);
}

async function writes(page, line) {
  const answer = await exec(page, line);
  assert.equal(answer.ok, true, JSON.stringify(answer));
}

/** Waits until every node has these keys. */
async function allHave(page, wanted) {
  await writes(page, 'run until converged');
  await until(`all nodes have ${wanted.join(', ')}`, async () => {
    const shown = await view(page);
    return shown.nodes.every(({ id }) => wanted.every((name) => name in keysOf(shown, id)));
  });
}

/** Loads the page again, and waits for the new one. */
async function reload({ stage, page }) {
  page.leave(() => location.reload());
  const next = await stage.next();
  await ready(next);
  return next;
}

for (const engine of ENGINES) {
  const skip = engine.program ? false : `${engine.name} is not installed`;
  const name = (what) => `${engine.name}: ${what}`;
  if (!skip) console.log(`# ${engine.name}: ${engine.version(engine.program)}`);

  test(name('a leader is elected, a write is stored, and a reload recovers it'), { skip }, () =>
    onStage(engine, async ({ stage, page }) => {
      await ready(page);
      assert.equal(await durable(page), 'durable');
      await writes(page, 'set kept=yes');
      const again = await reload({ stage, page });
      await appears(again, '[data-testid="recovered-banner"]');
      await allHave(again, ['kept']);
      assert.deepEqual(await errors(again), []);
    }));

  test(name('every panel, view and dialog opens'), { skip }, () =>
    onStage(engine, async ({ page }) => {
      await ready(page);
      await writes(page, 'set x=1');
      const tabs = await page.evaluate(() =>
        [...document.querySelectorAll('.tab')].map((tab) => tab.innerText.trim()));
      assert.ok(tabs.length >= 6, tabs.join());
      const choose = (tab) => page.evaluate((wanted) => [...document.querySelectorAll('.tab')]
        .find((tab) => tab.innerText.trim() === wanted).click(), tab);
      for (const tab of tabs.filter((tab) => tab !== 'Disk')) {
        await choose(tab);
        await until(`the panel ${tab}`, () => page.evaluate((wanted) => {
          const chosen = document.querySelector('.tab[aria-pressed="true"]');
          const shown = [...document.querySelectorAll('.panel')].filter((panel) => panel.offsetHeight > 40);
          const isLoading = shown.some((panel) => panel.innerText.includes('Loading…'));
          return chosen?.innerText.trim() === wanted && shown.length > 0 && !isLoading;
        }, tab));
      }
      await choose('Disk');
      await appears(page, '.has-disk');
      await press(page, '[data-testid="show-diagram"]');
      await appears(page, '[data-testid="diagram-sheet"]');
      await press(page, '[data-testid="show-picture"]');
      const dialogs = ['lessons', 'share', 'find', 'experiments', 'scenarios', 'new-lab', 'help'];
      for (const dialog of dialogs) {
        await press(page, `[data-testid="${dialog}"]`);
        await until(`the dialog ${dialog}`, () => page.evaluate(() => {
          const shown = document.querySelector('[role="dialog"], dialog[open]');
          return shown !== null && shown.innerText.length > 20;
        }));
        await press(page, 'dialog [aria-label="Close"]');
        await until(`${dialog} is closed`, async () =>
          !(await isThere(page, '[role="dialog"], dialog[open]')));
      }
      assert.deepEqual(await errors(page), []);
    }));

  test(name('a worker finds a run, and it opens'), { skip }, () =>
    onStage(engine, async ({ page }) => {
      await ready(page);
      await press(page, '[data-testid="find"]');
      await appears(page, '[data-testid="find-condition"]');
      await page.evaluate(() => {
        const field = document.querySelector('[data-testid="find-condition"]');
        const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
        set.call(field, 'happened two-leaders');
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      });
      await press(page, '[data-testid="find-begin"]');
      await until('a hit', () => page.evaluate(() =>
        /seed \d+, at/.test(document.querySelector('[data-testid="find-hits"]')?.innerText ?? '')));
      assert.deepEqual(await errors(page), []);
    }));

  test(name('a second tab is told who has the stored lab, and gets one in memory'), { skip }, () =>
    onStage(engine, async ({ stage, page }) => {
      await ready(page);
      await page.evaluate(() => { globalThis.open(location.href, '_blank', 'noopener'); });
      const second = await stage.next();
      await says(second, /open in another tab/);
      await press(second, '[data-testid="scratch-lab"]');
      await ready(second);
      assert.equal(await durable(second), 'scratch');
      assert.equal(await durable(page), 'durable');
      await writes(second, 'set x=1');
      assert.deepEqual(await errors(second), []);
      // The first tab may be hidden meanwhile: its time goes on when it is shown again.
      const answer = writes(page, 'set y=1');
      second.leave(() => globalThis.close());
      await answer;
      assert.deepEqual(await errors(page), []);
    }));

  test(name('back from another page, the lab goes on or recovers'), { skip }, () =>
    onStage(engine, async ({ stage, page }) => {
      await ready(page);
      await writes(page, 'set before=yes');
      page.leave(() => location.assign('/elsewhere'));
      const elsewhere = await stage.next();
      assert.equal(await elsewhere.evaluate(() => document.title), 'Elsewhere');
      elsewhere.leave(() => history.back());
      // The page as it was left, or a new one.
      const fresh = stage.next();
      const back = await Promise.any([fresh, page.evaluate(() => 1).then(() => page)]);
      await ready(back);
      assert.equal(await durable(back), 'durable');
      await allHave(back, ['before']);
      await writes(back, 'set after=yes');
      back.leave(() => location.reload());
      const again = await (back === page ? fresh : stage.next());
      await ready(again);
      await allHave(again, ['before', 'after']);
      assert.deepEqual(await errors(again), []);
    }));

  test(name('a lab that the browser deleted is said to be gone'), { skip }, () =>
    onStage(engine, async ({ stage, page }) => {
      await ready(page);
      await writes(page, 'set x=1');
      page.leave(() => location.assign('/elsewhere'));
      const elsewhere = await stage.next();
      await elsewhere.evaluate(async () => {
        for (const { name } of await indexedDB.databases()) {
          await new Promise((resolve, reject) => {
            const request = indexedDB.deleteDatabase(name);
            request.onsuccess = resolve;
            request.onerror = () => reject(request.error);
          });
        }
      });
      elsewhere.leave(() => location.assign('/'));
      const again = await stage.next();
      await ready(again);
      await says(again, /The browser has deleted the stored lab/);
      assert.deepEqual(await errors(again), []);
    }));

  test(name('a private window has a lab that works'), { skip }, () =>
    onStage(engine, async ({ page }) => {
      await ready(page);
      await writes(page, 'set x=1');
      await allHave(page, ['x']);
      assert.deepEqual(await errors(page), []);
    }, { isPrivate: true }));

  test(name('whatever was acknowledged before the browser was killed is there afterwards'), { skip }, async () => {
    const folder = await newProfileFolder();
    const acknowledged = new Set();
    const stage = await startStage();
    for (let round = 1; round <= ROUNDS + 1; round += 1) {
      const browser = await launch(engine, folder, stage.url);
      const page = await stage.next();
      await ready(page);
      if (round > 1) {
        const keys = {};
        for (let past = 1; past < round; past += 1) {
          const answer = await exec(page, `list r${past}w`);
          assert.equal(answer.ok, true, JSON.stringify(answer));
          Object.assign(keys, answer.entries);
        }
        const lost = [...acknowledged].filter((written) => !(written in keys));
        assert.deepEqual(lost, [], `acknowledged, then lost, before round ${round}`);
      }
      if (round <= ROUNDS) {
        const before = acknowledged.size;
        for (let write = 0; acknowledged.size < before + WRITES; write += 1) {
          const written = `r${round}w${write}`;
          if ((await exec(page, `set ${written}=1`)).ok) acknowledged.add(written);
        }
        // Writes are under way at the moment of the kill, at another place each time.
        page.evaluate((number) => {
          for (let write = 100; write < 200; write += 1) globalThis.helios.exec(`set r${number}w${write}=1`);
        }, round).catch(() => {});
        await sleep((round * 37) % 100);
      }
      await browser.kill();
    }
    assert.ok(acknowledged.size >= ROUNDS * WRITES);
    await stage.close();
    await removeProfileFolder(folder);
  });
}

const firefox = ENGINES.find(({ name }) => name === 'Firefox');

test('Firefox: a full disk is said, and what was acknowledged before is there afterwards', {
  skip: firefox.program ? false : 'Firefox is not installed',
}, async () => {
  const folder = await newProfileFolder();
  const stage = await startStage();
  const settings = { 'dom.quotaManager.temporaryStorage.fixedLimit': 3_000 };
  const small = await launch(firefox, folder, stage.url, { settings });
  const page = await stage.next();
  await ready(page);
  // Not waited for: a write that is not stored has no answer.
  await page.evaluate(() => {
    globalThis.acknowledged = [];
    const value = 'x'.repeat(60_000);
    (async () => {
      for (let write = 0; ; write += 1) {
        const { ok } = await globalThis.helios.exec(`set w${write}=${value}`);
        if (ok) globalThis.acknowledged.push(`w${write}`);
      }
    })();
  });
  await says(page, /no longer stores its disks: the browser's storage for this site is full/);
  const acknowledged = await page.evaluate(() => globalThis.acknowledged);
  assert.ok(acknowledged.length > 3, `${acknowledged}`);
  await small.kill();
  const large = await launch(firefox, folder, stage.url, { settings: {
    'dom.quotaManager.temporaryStorage.fixedLimit': 100_000,
  } });
  const again = await stage.next();
  await ready(again);
  for (const written of acknowledged) {
    const { value } = await exec(again, `get ${written}`);
    assert.equal(value?.length, 60_000, `${written} was acknowledged, then lost`);
  }
  await large.kill();
  await stage.close();
  await removeProfileFolder(folder);
});
