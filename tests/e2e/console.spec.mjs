// The console: the language, answers as the client saw them, errors in words.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launchBrowser } from './lib/browser.mjs';
import { atFullSpeed, consoleLine, exec, leaderOnScreen, openLab, type, until } from './lib/lab.mjs';
import { startServer } from './lib/server.mjs';

let server;
let browser;
let page;

before(async () => {
  server = await startServer();
  browser = await launchBrowser();
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await openLab(page, server.url);
  await until('a leader', () => leaderOnScreen(page));
  await atFullSpeed(page);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('set and get through the console', async () => {
  await type(page, 'set greeting="hello world"');
  await consoleLine(page, /greeting.*(ok|done)/i);
  await type(page, 'get greeting');
  await consoleLine(page, /get greeting.*hello world/);
});

test('a line that makes no sense is answered with the place and what was expected', async () => {
  await type(page, 'crash seven');
  const line = await consoleLine(page, /\^/);
  assert.match(line, /expected/i);
});

test('the arrow keys bring back what was typed', async () => {
  await type(page, 'get first');
  const input = page.getByTestId('console-input');
  await input.press('ArrowUp');
  assert.equal(await input.inputValue(), 'get first');
});

test('window.helios executes, tells the state, and exports a script that leads to it', async () => {
  const answer = await exec(page, 'set exported=1');
  assert.equal(answer.ok, true, JSON.stringify(answer));
  const read = await exec(page, 'get exported');
  assert.equal(read.value, '1', JSON.stringify(read));
  const script = await page.evaluate(() => globalThis.helios.export());
  assert.match(script, /^cluster .*nodes=5/m);
  assert.match(script, /set exported=1/);
  const heard = await page.evaluate(
    () =>
      new Promise((resolve) => {
        const stop = globalThis.helios.onEvent((event) => {
          if (event.kind !== 'paused') return;
          stop();
          resolve(event);
        });
        globalThis.helios.exec('pause 1');
      }),
  );
  assert.equal(heard.words.map(({ text }) => text).join(''), 'node 1 is paused');
  assert.deepEqual(heard.words[0], { text: 'node 1', mention: { node: 1 } });
  await exec(page, 'resume 1');
  await assert.rejects(exec(page, 'crash 77'), /77|node/);
});

test('a command is carried out when it comes, not at the next frame', async () => {
  const text = 'cluster nodes=3\nrun until leader\n';
  const file = { name: 'memory.helios', mimeType: 'text/plain', buffer: Buffer.from(text) };
  await page.getByTestId('script-file').setInputFiles(file);
  await until('a lab in memory', () => page.evaluate(() => {
    const { view } = globalThis.helios.state();
    return view.nodes.length === 3 && view.leader;
  }));
  await atFullSpeed(page);
  await page.evaluate(() => globalThis.helios.setRunning(true));
  const { commands, frames } = await page.evaluate(async () => {
    let frames = 0;
    let isOver = false;
    const count = () => {
      frames += 1;
      if (!isOver) requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
    const commands = 40;
    for (let number = 1; number <= commands; number += 1) {
      await globalThis.helios.exec(`set number=${number}`);
    }
    isOver = true;
    return { commands, frames };
  });
  assert.ok(frames < commands, `${commands} commands took ${frames} frames`);
});
