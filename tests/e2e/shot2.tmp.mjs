import { chromium } from 'playwright-core';
import { startServer } from './lib/server.mjs';
import { openLab } from './lib/lab.mjs';
import { readFile } from 'node:fs/promises';
const server = await startServer();
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu'] });
for (const [w,h,scheme,tag] of [[1440,900,'light','wl'],[390,844,'dark','pd']]) {
  const page = await browser.newPage({ viewport: { width: w, height: h }, colorScheme: scheme });
  page.on('console', m => { if (m.type()==='error') console.log('console', m.text()); });
  page.on('pageerror', e => console.log('pageerror', e.message));
  await openLab(page, server.url);
  const load = async (name) => page.getByTestId('script-file').setInputFiles({ name, mimeType: 'text/plain', buffer: await readFile('/tmp/h/samples/' + name) });
  await load('mine.log');
  await page.getByTestId('recorded').waitFor();
  await page.getByTestId('recorded-tape').fill('16');
  await page.getByTestId('recorded-diagram').click();
  await page.waitForTimeout(500);
  await page.screenshot({ path: `/tmp/h/shots/${tag}2-diagram.png` });
  await page.getByTestId('recorded-properties').click();
  await page.waitForTimeout(250);
  await page.screenshot({ path: `/tmp/h/shots/${tag}2-properties.png` });
  await page.keyboard.press('Escape');
  await load('etcd.ndjson');
  await page.getByTestId('recorded').waitFor();
  await page.getByTestId('recorded-tape').fill('6');
  await page.waitForTimeout(400);
  await page.screenshot({ path: `/tmp/h/shots/${tag}2-etcd.png` });
  await page.getByTestId('recorded-nodes').click();
  await page.keyboard.press('Escape');
  await page.evaluate(() => globalThis.helios.exec('run until leader'));
  await page.evaluate(() => globalThis.helios.exec('set x=1'));
  await page.keyboard.press('y');
  await page.getByTestId('share-dialog').waitFor();
  await page.waitForTimeout(500);
  await page.screenshot({ path: `/tmp/h/shots/${tag}2-share.png` });
  if (tag === 'wl') for (const k of ['ring-svg','ring-png','logs-svg','logs-png']) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId(`save-${k}`).click()]);
    await download.saveAs(`/tmp/h/shots/saved-${k.replace('-', '.')}`);
  }
  await page.close();
}
await browser.close(); process.exit(0);
