// A link opens the same moment of the same run in another browser, and nothing runs unasked.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

import { launchBrowser } from './lib/browser.mjs';
import { atFullSpeed, exec, leaderOnScreen, openLab, says, soon, until } from './lib/lab.mjs';
import { seriousViolations } from './lib/page.mjs';
import { startServer } from './lib/server.mjs';

/** The bytes before the compressed ones: a version and a checksum. */
const HEAD = 5;

let server;
let browser;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** A page in a browser of its own, with the errors of the page. */
async function aBrowser(t, url = server.url) {
  const permissions = ['clipboard-read', 'clipboard-write'];
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, permissions });
  t.after(() => context.close());
  const page = await context.newPage();
  const errors = await openLab(page, url);
  t.after(() => assert.deepEqual(errors, []));
  return page;
}

const state = (page) => page.evaluate(() => globalThis.helios.state());
const moment = (page) => page.evaluate(() => globalThis.helios.moment());
const pause = (page) => page.evaluate(() => globalThis.helios.setRunning(false));

/** A page that shows the moment before the crash of a leader. */
async function aPast(t) {
  const page = await aBrowser(t);
  await until('a leader', () => leaderOnScreen(page));
  await atFullSpeed(page);
  for (const line of ['set x=1', 'run 1s', 'crash leader', 'run 1s']) await exec(page, line);
  await pause(page);
  const { lab } = await state(page);
  const crash = lab.statements.find(({ text }) => /^crash/.test(text));
  await page.evaluate((line) => globalThis.helios.showBefore(line), crash.line);
  await soon(async () => (await state(page)).lab.time.is_past, true);
  return page;
}

/** The link in the dialog. */
async function shared(page) {
  await page.getByTestId('share').click();
  await page.getByTestId('share-link').waitFor();
  return page.getByTestId('share-link').inputValue();
}

/** The dialog with the question, in a new browser. */
async function asked(t, link) {
  const page = await aBrowser(t, link);
  await page.getByTestId('open-link').waitFor();
  return page;
}

/** Opens the run, and waits until it stands still. */
async function opened(page, steps) {
  await page.getByTestId('dialog-confirm').click();
  await page.getByTestId('opened-script').waitFor();
  await soon(async () => (await moment(page)).steps, steps);
  await soon(async () => (await moment(page)).running, false);
}

test('a moment of the past is shared, and another browser shows it', async (t) => {
  const here = await aPast(t);
  await here.locator('.tab-events').click();
  await here.getByTestId('node-2').click();
  await here.locator('.tab-statements').click();
  const { view } = await state(here);
  const link = await shared(here);
  assert.ok(link.startsWith(`${server.url}#moment=`), link);
  assert.ok(link.length < 2_000, `${link.length} characters`);
  await says(here.getByTestId('share-length'), new RegExp(`^${link.length} characters`));
  assert.deepEqual(await seriousViolations(here), []);
  await here.getByTestId('share-copy').click();
  await says(here.getByTestId('share-told'), /has been copied/);
  assert.equal(await here.evaluate(() => navigator.clipboard.readText()), link);

  const there = await asked(t, link);
  await pause(there);
  await says(there.getByTestId('open-link'), /A run of 5 nodes with 1 statement, up to [\d.]+/);
  assert.deepEqual(await seriousViolations(there), []);
  assert.equal((await state(there)).lab.durable.mode, 'durable', 'nothing has run yet');
  await opened(there, view.steps);
  const again = (await state(there)).view;
  assert.equal(again.trace_hash, view.trace_hash);
  assert.equal(again.now, view.now);
  assert.deepEqual(again.logs, view.logs);
  assert.equal(await there.getByTestId('other-run').count(), 0);
  await soon(() => there.locator('main.grid').getAttribute('data-tab'), 'statements');
  assert.equal(there.url(), server.url, 'the link is gone from the address');
  // A reload shows the run, and does not ask again.
  await there.reload();
  await there.getByTestId('node-1').waitFor();
  await soon(async () => (await state(there)).view.trace_hash, view.trace_hash);
  assert.equal(await there.getByTestId('open-link').count(), 0);
});

test('the key y shares, and the title is that of the person', async (t) => {
  const here = await aPast(t);
  await here.keyboard.press('y');
  await here.getByTestId('share-link').waitFor();
  const first = await here.getByTestId('share-link').inputValue();
  await here.getByTestId('share-title').fill('Before <b>the</b> crash');
  await until('the new title', async () =>
    (await here.getByTestId('share-link').inputValue()) !== first);
  const there = await asked(t, await here.getByTestId('share-link').inputValue());
  await says(there.getByTestId('open-link'), /Before <b>the<\/b> crash/);
  // The stored lab stays.
  await there.getByTestId('dialog-cancel').click();
  await soon(() => there.getByTestId('open-link').count(), 0);
  assert.equal((await state(there)).lab.durable.mode, 'durable');
  assert.equal(there.url(), server.url);
});

test('a link in the address of an open page is asked about too, and rules that are off are named', async (t) => {
  const here = await aBrowser(t);
  await here.getByTestId('script-file').setInputFiles({
    name: 'broken.helios',
    mimeType: 'text/plain',
    buffer: Buffer.from('cluster nodes=3 seed=4 bugs=vote-forgotten\nrun until leader\nset a=1\nrun 1s\n'),
  });
  await until('the end', async () => {
    const { view, lab } = await state(here);
    return view.nodes.length === 3 && !lab.pacing.running;
  });
  const { view } = await state(here);
  const link = await shared(here);
  const there = await aBrowser(t);
  await there.evaluate((address) => { location.hash = new URL(address).hash; }, link);
  await says(there.getByTestId('open-link'), /broken\.helios/);
  await says(there.getByTestId('open-link'), /Rules that are off in it: vote-forgotten/);
  await opened(there, view.steps);
  await says(there.getByTestId('rule-off'), /vote-forgotten/);
});

test('a broken link is told, and the lab goes on', async (t) => {
  const here = await aPast(t);
  const link = await shared(here);
  const later = Buffer.from(link.split('#moment=')[1], 'base64url');
  later[0] = 2;
  for (const [broken, words] of [
    [link.slice(0, -9), /is not opened: it is damaged/],
    [`${server.url}#moment=${later.toString('base64url')}`, /it has format 2/],
    [`${server.url}#elsewhere`, /it is no link to a moment/],
    [`${server.url}#moment=${'A'.repeat(40_000)}`, /at most 32768 characters/],
  ]) {
    const there = await aBrowser(t, broken);
    await says(there.getByTestId('not-opened'), words);
    assert.equal(await there.getByTestId('open-link').count(), 0);
    assert.equal(there.url(), server.url);
    await soon(async () => (await moment(there)).running, true);
  }
});

test('a run that is another one in this version is shown, with words', async (t) => {
  const here = await aPast(t);
  const link = await shared(here);
  // The same statements with another seed: as if this version drew other numbers.
  const bytes = Buffer.from(link.split('#moment=')[1], 'base64url');
  const content = inflateRawSync(bytes.subarray(HEAD));
  const at = content.indexOf('seed=') + 'seed='.length;
  content[at] = content[at] === 0x31 ? 0x32 : 0x31;
  const packed = Buffer.concat([bytes.subarray(0, 1), deflateRawSync(content)]);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(crc32(packed));
  const fragment = Buffer.concat([packed.subarray(0, 1), checksum, packed.subarray(1)]);
  const there = await asked(t, `${server.url}#moment=${fragment.toString('base64url')}`);
  await there.getByTestId('dialog-confirm').click();
  await says(there.getByTestId('other-run'), /This is not the (run|moment) of the link/);
  await there.getByTestId('opened-script').waitFor();
});

test('a run that is too long for a link is saved as a file', async (t) => {
  const here = await aBrowser(t);
  await pause(here);
  await here.evaluate(() => {
    for (let key = 0; key < 4_000; key += 1) globalThis.helios.exec(`set k${key}=${Math.random()}`);
  });
  await here.getByTestId('share').click();
  await says(here.getByTestId('share-refused'), /at most 32768 characters .* has \d+: use a file/s);
  const [download] = await Promise.all([
    here.waitForEvent('download'),
    here.getByTestId('share-save').click(),
  ]);
  assert.equal(download.suggestedFilename(), 'moment.helios');
  await says(here.getByTestId('share-told'), /has been saved/);
});

/** The CRC-32 that ZIP and PNG have. */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

test('the run is saved as a trace, a history, a script, a golden script and a Rust test', async (t) => {
  const page = await aPast(t);
  await page.getByTestId('share').click();
  const saved = async (form) => {
    const [download] = await Promise.all([
      page.waitForEvent('download'), page.getByTestId(`save-${form}`).click()]);
    const stream = await download.createReadStream();
    let text = '';
    for await (const part of stream) text += part;
    return [download.suggestedFilename(), text];
  };
  const [name, trace] = await saved('trace');
  assert.equal(name, 'trace.jsonl');
  const lines = trace.trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual([lines[0].form, lines[0].version], ['helios-trace', 1]);
  const { view } = await state(page);
  assert.ok(lines.length > 100 && lines.at(-1).time_us <= view.now, 'up to the shown moment');
  assert.ok(!trace.includes('"crashed"'), 'the crash is later');
  await says(page.getByTestId('share-told'), /trace\.jsonl has been saved/);
  assert.match((await saved('history'))[1], /^helios history 1\n/);
  assert.equal((await saved('script'))[1], await page.evaluate(() => globalThis.helios.export()));
  assert.match((await saved('golden'))[1], /\n> at .* set x=1\n---\n/);
  const [test, rust] = await saved('test');
  assert.equal(test, 'test.rs');
  assert.match(rust, /\n    \/\/ set x=1\n/);
  assert.match(rust, /\n    run\.role\(\d, RoleKind::Leader, \d+\);\n/);
  const [ring, drawn] = await saved('ring-svg');
  assert.equal(ring, 'ring.svg');
  assert.match(drawn, /^<svg xmlns=.*<polygon /s);
  assert.match((await saved('logs-svg'))[1], /class="helios-diagram"/);
  // A picture of pixels: the browser has drawn it.
  const [pixels, png] = await saved('ring-png');
  assert.equal(pixels, 'ring.png');
  assert.ok(png.length > 10_000 && png.includes('PNG'), `${png.length} characters`);
});
