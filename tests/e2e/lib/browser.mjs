// Starts Chromium the way the tests need it: headless, silent, killable, and never left behind.

import { mkdtemp, readlink, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { chromium } from 'playwright-core';

import { closeAtEnd } from './cleanup.mjs';

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

const FLAGS = [
  '--headless=new',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** How long a killed browser may take to be gone. */
const DEATH_MS = 10_000;

/** The browser's program: what `CHROME` names, or the first one in a usual place. */
export function executablePath() {
  const path = process.env.CHROME ?? CANDIDATES.find((candidate) => existsSync(candidate));
  if (!path) throw new Error('no Chromium found: set CHROME to its program');
  return path;
}

function launchOptions(options = {}) {
  return {
    executablePath: executablePath(),
    // The sandbox cannot be set up in most containers, and nothing but our page is opened.
    chromiumSandbox: false,
    args: FLAGS,
    ...options,
  };
}

/** A browser whose contexts are incognito: each starts with nothing stored. */
export async function launchBrowser(options) {
  const browser = await chromium.launch(launchOptions(options));
  closeAtEnd(() => browser.close());
  return browser;
}

/** An empty folder for a profile, removed with the last of the tests. */
export async function newProfileFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'helios-profile-'));
  closeAtEnd(() => removeProfileFolder(folder));
  return folder;
}

/** Removes a profile before that; its browser must be closed or killed. */
export function removeProfileFolder(folder) {
  // Helper processes of a killed browser may write for a moment longer.
  return rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/**
 * A browser that keeps what pages store in the folder. Closing or killing it and launching it on
 * the same folder again is what a person's restart is.
 *
 * @returns {Promise<{
 *   context: import('playwright-core').BrowserContext,
 *   page: import('playwright-core').Page,
 *   pid: number,
 *   close: () => Promise<void>,
 *   kill: () => Promise<void>,
 * }>} `close` shuts down in order; `kill` is SIGKILL to every process of the browser, and returns
 *   when they are gone.
 */
export async function launchProfile(folder, options) {
  const context = await chromium.launchPersistentContext(folder, launchOptions(options));
  const closed = new Promise((resolve) => context.once('close', () => resolve()));
  const pid = await browserPid(folder);
  closeAtEnd(() => context.close());
  const page = context.pages()[0] ?? (await context.newPage());
  return { context, page, pid, close: () => context.close(), kill: () => kill(pid, closed) };
}

/** Playwright does not tell the process of a persistent context; the profile's lock does. */
async function browserPid(folder) {
  const owner = await readlink(join(folder, 'SingletonLock'));
  const pid = Number(owner.slice(owner.lastIndexOf('-') + 1));
  if (!Number.isSafeInteger(pid) || pid <= 1) throw new Error(`odd owner of the profile: ${owner}`);
  return pid;
}

async function kill(pid, closed) {
  // Playwright starts the browser as the leader of a process group: take the helpers with it.
  process.kill(-pid, 'SIGKILL');
  await closed;
  const deadline = Date.now() + DEATH_MS;
  while (isAlive(-pid)) {
    if (Date.now() > deadline) throw new Error(`browser ${pid} survived SIGKILL`);
    await sleep(10);
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    throw error;
  }
}
