// The npm package: installed in a fresh project, plain and through a bundler, and its types.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { launchBrowser } from './lib/browser.mjs';
import { PATIENCE_MS } from './lib/lab.mjs';
import { DIST, startServer } from './lib/server.mjs';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOOLS = fileURLToPath(new URL('./node_modules/.bin', import.meta.url));

let browser;
let project;

before(async () => {
  const { stdout } = await run('cargo', ['xtask', 'npm-pack', DIST], { cwd: ROOT });
  const file = stdout.trim().split('\n').at(-1);
  const packed = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'npm', file);
  project = await mkdtemp(join(tmpdir(), 'helios-package-'));
  await writeFile(join(project, 'package.json'), '{ "name": "a-site", "private": true }');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', packed], { cwd: project });
  browser = await launchBrowser();
});

after(async () => {
  await browser?.close();
  await rm(project, { recursive: true, force: true });
});

/** The number of nodes in the lab of a page of the project. */
async function nodesIn(t, page) {
  const server = await startServer({ root: project });
  t.after(() => server.close());
  const tab = await browser.newPage();
  t.after(() => tab.close());
  await tab.goto(`${server.url}${page}`);
  const frame = tab.locator('iframe').contentFrame();
  await frame.getByTestId('node-1').waitFor({ timeout: PATIENCE_MS });
  return tab.$eval('helios-lab', async (lab) => (await lab.view()).nodes.length);
}

test('a plain module finds the lab beside itself', async (t) => {
  const script = '<script type="module" src="node_modules/helios-lab/helios-lab.js"></script>';
  const lab = '<helios-lab view="ring">cluster nodes=3</helios-lab>';
  await writeFile(join(project, 'index.html'), `<!doctype html>${script}${lab}`);
  assert.equal(await nodesIn(t, ''), 3);
});

test('a bundled module has the lab where the site puts it', async (t) => {
  await writeFile(join(project, 'main.js'), "import 'helios-lab';\n");
  const out = join(project, 'out');
  await run(join(TOOLS, 'esbuild'), [
    'main.js', '--bundle', '--minify', '--format=esm', `--outdir=${out}`,
  ], { cwd: project });
  await cp(join(project, 'node_modules/helios-lab/lab'), join(out, 'static'), { recursive: true });
  const script = '<script type="module" src="main.js"></script>';
  const lab = '<helios-lab base="static" view="ring">cluster nodes=4</helios-lab>';
  await writeFile(join(out, 'index.html'), `<!doctype html>${script}${lab}`);
  await writeFile(join(project, 'index.html'), '');
  assert.equal(await nodesIn(t, 'out/'), 4);
  const bundle = await readFile(join(out, 'main.js'), 'utf8');
  assert.ok(bundle.length < 10_000, `${bundle.length} characters`);
});

const SAMPLE = `
import 'helios-lab';
import type { HeliosLab, NodeView, View } from 'helios-lab';

const lab: HeliosLab = document.querySelector('helios-lab')!;
lab.addEventListener('moment', ({ detail }) => detail.now.toFixed());
lab.addEventListener('violation', ({ detail }) => detail.map(({ name }) => name.length));
const view: View = await lab.view();
const down: NodeView[] = view.nodes.filter((node) => node.core === null);
const leader: number | null = view.leader;
const answer = await lab.exec('get x');
if ('kind' in answer) answer.redirects.map(({ from }) => from + down.length + (leader ?? 0));
// @ts-expect-error A view has no such field.
view.nothing;
// @ts-expect-error A line is a text.
await lab.exec(7);
export {};
`;

test('the types are those of the values', async () => {
  await writeFile(join(project, 'sample.ts'), SAMPLE);
  const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--lib',
    'es2022,dom,dom.iterable'];
  await writeFile(join(project, 'package.json'), '{ "name": "a-site", "type": "module" }');
  await run(join(TOOLS, 'tsc'), ['--noEmit', ...options, 'sample.ts'], { cwd: project })
    .catch(({ stdout }) => assert.fail(stdout));
});

test('the package has what it needs, and no more', async () => {
  const names = await readdir(join(project, 'node_modules/helios-lab'));
  assert.deepEqual(names.sort(), [
    'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'helios-lab.d.ts', 'helios-lab.js', 'lab',
    'package.json', 'view.d.ts',
  ]);
});
