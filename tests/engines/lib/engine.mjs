// The three engines of browsers, each started as a program with an address.

import { spawn, execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { closeAtEnd } from '../../e2e/lib/cleanup.mjs';
import { executablePath } from '../../e2e/lib/browser.mjs';

/** Firefox's settings for a profile of tests: nothing is asked, fetched or restored unasked. */
const FIREFOX_SETTINGS = {
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.aboutwelcome.enabled': false,
  'browser.sessionstore.resume_from_crash': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.startup.page': 0,
  'dom.disable_open_during_load': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.security.https_first': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'toolkit.startup.max_resumed_crashes': -1,
  'toolkit.telemetry.reportingpolicy.firstRun': false,
};

const found = (paths) => paths.find((path) => path && existsSync(path));

function miniBrowser() {
  const folders = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  return found(['4.1', '6.0', '4.0'].flatMap((version) =>
    folders.map((folder) => `/usr/lib/${folder}/webkit2gtk-${version}/MiniBrowser`)));
}

/**
 * The engines. `program` is null where the engine is not installed; `start` gives the arguments and
 * the environment for a folder of a profile and an address. Pages may open tabs.
 */
export const ENGINES = [
  {
    name: 'Chromium',
    program: executablePath(),
    privateArguments: ['--incognito'],
    start: (folder, address) => ({
      args: [
        '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync',
        '--disable-popup-blocking', '--remote-debugging-port=0', '--window-size=1440,900',
        `--user-data-dir=${folder}`, address,
      ],
    }),
    version: (program) => execFileSync(program, ['--version']).toString().trim(),
  },
  {
    name: 'Firefox',
    program: found([process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox']),
    prepare: (folder, settings) => writeFile(join(folder, 'user.js'),
      Object.entries({ ...FIREFOX_SETTINGS, ...settings })
        .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
        .join('')),
    privateSettings: { 'browser.privatebrowsing.autostart': true },
    start: (folder, address) => ({
      args: ['--headless', '--no-remote', '--width', '1440', '--height', '900', '--profile', folder,
        address],
    }),
    version: (program) => execFileSync(program, ['--version']).toString().trim(),
  },
  {
    name: 'WebKit',
    // It needs a display: `xvfb-run` gives one.
    program: process.env.DISPLAY ? found([process.env.MINIBROWSER, miniBrowser()]) : null,
    privateArguments: ['--private'],
    start: (folder, address) => ({
      args: ['--geometry=1440x900', '--javascript-can-open-windows-automatically=true', address],
      env: {
        XDG_DATA_HOME: join(folder, 'data'),
        XDG_CACHE_HOME: join(folder, 'cache'),
        XDG_CONFIG_HOME: join(folder, 'config'),
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
        WEBKIT_DISABLE_COMPOSITING_MODE: '1',
        LIBGL_ALWAYS_SOFTWARE: '1',
      },
    }),
    version: (program) => execFileSync(program, ['--version']).toString().trim(),
  },
];

/** Starts an engine. `kill` is SIGKILL to all its processes, and returns when they are gone. */
export async function launch(engine, folder, address, { isPrivate = false, settings = {} } = {}) {
  await engine.prepare?.(folder, { ...(isPrivate ? engine.privateSettings : {}), ...settings });
  const { args, env } = engine.start(folder, address);
  if (isPrivate) args.unshift(...(engine.privateArguments ?? []));
  const child = spawn(engine.program, args, {
    detached: true,
    stdio: process.env.VERBOSE ? 'inherit' : 'ignore',
    env: { ...process.env, ...env },
  });
  const kill = async () => {
    try {
      for (;;) {
        process.kill(-child.pid, 'SIGKILL');
        await sleep(20);
      }
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  };
  closeAtEnd(kill);
  return { kill };
}
