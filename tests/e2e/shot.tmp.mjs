import { chromium } from 'playwright-core';
import { startServer } from './lib/server.mjs';
import { openLab } from './lib/lab.mjs';
import { readFile } from 'node:fs/promises';
const server = await startServer();
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox','--disable-gpu'] });
const only = process.argv[2];
for (const [w,h,scheme,tag] of [[1440,900,'light','wl'],[1440,900,'dark','wd'],[390,844,'light','pl'],[390,844,'dark','pd']]) {
  if (only && !only.split(',').includes(tag)) continue;
  const page = await browser.newPage({ viewport: { width: w, height: h }, colorScheme: scheme });
  page.on('console', m => { if (m.type()==='error') console.log('console', m.text()); });
  page.on('pageerror', e => console.log('pageerror', e.message));
  await openLab(page, server.url);
  const load = async (name) => page.getByTestId('script-file').setInputFiles({ name, mimeType: 'text/plain', buffer: await readFile('/tmp/h/samples/' + name) });
  await load('mine.log');
  await page.getByTestId('recorded').waitFor();
  await page.waitForTimeout(500);
  await page.screenshot({ path: `/tmp/h/shots/${tag}-broken.png` });
  await page.getByTestId('recorded-tape').fill('8');
  await page.getByTestId('recorded-diagram').click();
  await page.waitForTimeout(400);
  await page.screenshot({ path: `/tmp/h/shots/${tag}-diagram.png` });
  for (const t of ['nodes','events','properties']) {
    await page.getByTestId('recorded-' + t).click();
    await page.waitForTimeout(250);
    if (tag.startsWith('p')) await page.getByTestId('recorded-' + t).scrollIntoViewIfNeeded();
    await page.screenshot({ path: `/tmp/h/shots/${tag}-${t}.png` });
  }
  await page.keyboard.press('Escape');
  await load('clocks.log');
  await page.getByTestId('recorded').waitFor();
  await page.getByTestId('recorded-tape').fill('3');
  await page.waitForTimeout(400);
  await page.screenshot({ path: `/tmp/h/shots/${tag}-clocks.png` });
  await page.keyboard.press('Escape');
  await load('history.txt');
  await page.getByTestId('opened-history').waitFor();
  await page.waitForTimeout(200);
  await page.screenshot({ path: `/tmp/h/shots/${tag}-history.png` });
  await page.close();
}
await browser.close(); await server.close?.();
process.exit(0);
