// Opening a script: a file, a drop, a paste; to its end, or to where it fails.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, beforeEach, afterEach, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { consoleLine, openLab, says, soon, tool, until } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

const BROKEN = new URL('../../scenarios/bugs/vote-forgotten.helios', import.meta.url);

let server;
let browser;
let page;
let errors;

const state = () => page.evaluate(() => globalThis.helios.state());
const file = (name, text) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
const choose = (chosen) => page.getByTestId('script-file').setInputFiles(chosen);
const isBroken = (view) => view.properties.some(({ broken }) => broken);

/** The lab stands still, some time after it was opened. */
const stopped = () => until('the end of the script', async () => {
  const { view, lab } = await state();
  return view.steps > 0 && !lab.pacing.running && { view, lab };
});

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

test('a script of the fuzzer stops at its violation, and a banner names the rule that is off', async () => {
  await choose(file('vote-forgotten.helios', await readFile(BROKEN, 'utf8')));
  await page.getByTestId('rule-off').waitFor();
  await says(page.getByTestId('rule-off'), /vote-forgotten/);
  const { view } = await stopped();
  assert.ok(isBroken(view), 'a property is broken');
  await consoleLine(page, /is broken at/);
  // With the rule, the same statements break nothing.
  await page.getByTestId('mend').click();
  await until('the rule is on', async () => (await page.getByTestId('rule-off').count()) === 0);
  const mended = await stopped();
  assert.ok(!isBroken(mended.view));
});

test('a scenario pauses at its key moment, says what is to be seen, and goes on', async () => {
  await tool(page, 'scenarios');
  await page.getByTestId('scenario-08-figure-8-committed').click();
  const story = page.getByTestId('scenario-story');
  await says(story, /Once an entry of the leader's own term/);
  await page.evaluate(() => globalThis.helios.setSpeed(Infinity));
  await until('the key moment', async () => (await state()).lab.key_moment !== null);
  const { view, lab } = await state();
  assert.equal(lab.pacing.running, false);
  assert.equal(view.leader, 1, 'it is before the crash');
  await says(story, /The entry of term 2 is committed with it/);
  await consoleLine(page, /The key moment: .* Run goes on\./);
  await page.getByTestId('run-toggle').click();
  await consoleLine(page, /The script has ended/);
  await says(story, /Once an entry of the leader's own term/);
});

test('Space runs and pauses a scenario that was just chosen, and playing again keeps the speed', async () => {
  await tool(page, 'scenarios');
  await page.getByTestId('scenario-08-figure-8-committed').press('Enter');
  const chosen = () => page.evaluate(() => document.activeElement.dataset.testid);
  await soon(chosen, 'run-toggle');
  await soon(async () => (await state()).lab.pacing.running, true);
  await page.keyboard.press('Space');
  await soon(async () => (await state()).lab.pacing.running, false);
  await page.evaluate(() => globalThis.helios.setSpeed(0.02));
  await page.getByRole('button', { name: 'Play again' }).press('Enter');
  await soon(async () => (await state()).lab.pacing.running, true);
  const { view, lab } = await state();
  assert.ok(view.now < 1_000_000, 'it begins again');
  assert.equal(lab.pacing.speed, 0.02);
  await soon(chosen, 'run-toggle');
  await page.keyboard.press('Space');
  await soon(async () => (await state()).lab.pacing.running, false);
});

test('a dropped file with a byte-order mark runs to its end at full speed, and pauses', async () => {
  const text = '\ufeff# Two minutes.\ncluster nodes=3 seed=4\nrun until leader\nset x=1\nrun 120s\n';
  const transfer = await page.evaluateHandle((content) => {
    const data = new DataTransfer();
    data.items.add(new File([content], 'dropped.helios', { type: 'text/plain' }));
    return data;
  }, text);
  await page.dispatchEvent('main.grid', 'drop', { dataTransfer: transfer });
  await page.getByTestId('opened-script').waitFor();
  await says(page.getByTestId('opened-script'), /dropped\.helios/);
  const { view, lab } = await stopped();
  assert.ok(view.now >= 120_000_000, `it is ${view.now} µs`);
  assert.equal(view.nodes.length, 3);
  assert.ok(lab.pacing.speed < 1, 'the speed is that of a lab to watch');
});

test('an expectation that fails stops the script at its line', async () => {
  await choose(file('fails.helios', 'cluster nodes=3 seed=4\nrun until leader\nexpect no leader\nrun 60s\n'));
  await consoleLine(page, /The script stopped at line 3/);
  const { view } = await stopped();
  assert.ok(view.now < 60_000_000);
});

test('what is no script changes nothing, and says where it is wrong', async () => {
  const before = await state();
  await choose(file('letter.txt', 'cluster nodes=3\nDear nodes,\n'));
  await consoleLine(page, /letter\.txt is not opened.*line 2/s);
  await page.getByTestId('console-last').waitFor();
  const after = await state();
  assert.equal(after.view.nodes.length, before.view.nodes.length);
  assert.equal(await page.getByTestId('opened-script').count(), 0);
});

test('several pasted lines are statements, and a pasted script with a cluster is opened', async () => {
  const paste = (text) => page.getByTestId('console-input').evaluate((input, content) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', content);
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, text);
  await paste('# Two writes.\nset a=1 client=7\nset b=2 client=8');
  await consoleLine(page, /set a=1 client=7/);
  await consoleLine(page, /set b=2 client=8/);
  assert.equal(await page.getByTestId('opened-script').count(), 0);
  await paste('# A cluster.\ncluster nodes=3 seed=4\nrun 1s');
  await page.getByTestId('opened-script').waitFor();
  const { view } = await stopped();
  assert.equal(view.nodes.length, 3);
});

/** Three servers of another program: S2 leads term 1 as S1 does. */
const TRACE = `# Another program.
000000 S1 T0 START
000000 S2 T0 START
000010 S1 T1 CANDIDATE
000010 S1 T1 VOTE -> S1
000011 S1 T1 SEND 1 RequestVote -> S2
000014 S2 T1 RECV 1
000014 S2 T1 VOTE -> S1
000019 S1 T1 LEADER
000020 S1 T1 APPEND 1@1 x=1
000030 S2 T1 LEADER
000040 S1 T1 DOWN
`;
const HISTORY = `helios history 1
0.1s 1 invoke set x=1
0.2s 1 ok
0.3s 2 invoke get x
0.4s 2 ok absent
`;
const recorded = () => page.getByTestId('recorded');
const events = () => recorded().getAttribute('data-events');
const drop = async (name, text) => {
  const dataTransfer = await page.evaluateHandle(([called, content]) => {
    const data = new DataTransfer();
    data.items.add(new File([content], called, { type: 'text/plain' }));
    return data;
  }, [name, text]);
  await page.dispatchEvent('main.grid', 'drop', { dataTransfer });
};
/** What the lab must have again when a file over it is closed; events of the page are no part. */
const ofLab = ({ view, lab }) => ({ view, branches: lab.time.branches, pacing: lab.pacing });

test('a recorded run opens at its first illegal step, can be walked through, and the lab stays', async () => {
  await page.evaluate(() => globalThis.helios.exec('run until leader'));
  await page.evaluate(() => globalThis.helios.setRunning(false));
  const before = ofLab(await state());
  await choose(file('mine.log', TRACE));
  await recorded().waitFor();
  await says(page.getByTestId('file-verdict'), /No run of Raft.*Line 11: Election Safety.*node 2 leads/s);
  assert.equal(await events(), '10');
  const role = (node) => recorded().getByTestId(`node-${node}`).getAttribute('data-role');
  assert.deepEqual([await role(1), await role(2)], ['leader', 'leader']);
  await says(page.getByTestId('recorded-about'), /read only: the lines of another program/);

  await page.getByTestId('recorded-tape').fill('6');
  await soon(() => role(1), 'candidate');
  await says(page.getByTestId('recorded-event'), /Line 7.*RECV 1/s);
  await page.getByTestId('recorded-next').click();
  await soon(events, '7');
  await page.getByTestId('recorded-nodes').click();
  await says(page.getByTestId('recorded-table'), /candidate.*follower/s);
  await page.getByTestId('recorded-diagram').click();
  await until('the diagram has items', async () =>
    Number(await page.getByTestId('recorded-sheet').getAttribute('data-items')) > 3);
  await page.getByTestId('recorded-properties').click();
  await says(page.getByTestId('recorded-verdicts'), /Commit Rule.*not judged: no line of the lines file/s);
  await page.getByTestId('to-illegal').click();
  await soon(events, '10');
  assert.deepEqual(await seriousViolations(page), []);

  await page.keyboard.press('Escape');
  await until('it is closed', async () => (await recorded().count()) === 0);
  assert.deepEqual(ofLab(await state()), before);
});

test('a running lab stands still while a file is open, and goes on when it is closed', async () => {
  assert.ok((await state()).lab.pacing.running);
  await drop('run.log', TRACE);
  await recorded().waitFor();
  assert.equal((await state()).lab.pacing.running, false);
  await page.getByRole('button', { name: 'Close' }).click();
  await soon(async () => (await state()).lab.pacing.running, true);
});

test('a history shows the operations that contradict each other', async () => {
  await choose(file('history.txt', HISTORY));
  await says(page.getByTestId('file-verdict'), /Not linearizable.*2 operations/s);
  await says(page.getByTestId('contradiction'), /get x → absent/);
  assert.equal(await page.locator('.interval').count(), 2);
  assert.deepEqual(await seriousViolations(page), []);
});

test('a damaged trace says where, and a pasted one opens', async () => {
  await choose(file('cut.log', `${TRACE}000050 S1 T1 COMMIT x\n`));
  await says(page.getByTestId('file-refused'), /line 13: expected an index, found "x"/);
  await page.keyboard.press('Escape');
  await page.getByTestId('console-input').evaluate((input, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text', text);
    input.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, TRACE);
  await recorded().waitFor();
  assert.equal(await page.getByTestId('opened-script').count(), 0);
});
