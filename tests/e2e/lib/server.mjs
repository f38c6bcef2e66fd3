// Serves the built page, as any static host would.

import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

import { closeAtEnd } from './cleanup.mjs';

/** The folder that `cargo xtask test e2e` builds the page into. */
export const DIST = fileURLToPath(new URL('../../../dist', import.meta.url));

const CONTENT_TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
};

/**
 * Starts a server for a folder; it stops with the file of tests at the latest. A browser keeps
 * what it stores by origin, so tests that come back to stored data must keep the same server.
 * With `compressed`, files come as gzip, as most hosts send them. `special` answers some requests
 * itself, and says whether it did; `inHead` goes to the head of each page; `onUpgrade` gets requests
 * for another protocol, with their sockets.
 *
 * @returns {Promise<{ url: string, port: number, close: () => Promise<void> }>}
 */
export async function startServer({
  root = DIST,
  port = 0,
  compressed = false,
  special = async () => false,
  inHead = '',
  onUpgrade = null,
} = {}) {
  await stat(join(root, 'index.html')).catch(() => {
    throw new Error(`no page in ${root}: run \`cargo xtask test e2e\`, which builds it`);
  });
  const packed = compressed ? new Map() : null;
  const server = createServer((request, response) => {
    special(request, response)
      .then((isAnswered) => isAnswered || answer({ root, packed, inHead }, request, response))
      .catch(() => response.destroy());
  });
  if (onUpgrade) server.on('upgrade', onUpgrade);
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const bound = server.address().port;
  const close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  closeAtEnd(close);
  return { url: `http://127.0.0.1:${bound}/`, port: bound, close };
}

async function answer({ root, packed, inHead }, request, response) {
  const file = fileFor(root, request.url);
  const found = file && (await stat(file).catch(() => null))?.isFile();
  if (!found) {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('There is no such file.\n');
    return;
  }
  const headers = {
    'Content-Type': CONTENT_TYPES[extname(file)] ?? 'application/octet-stream',
    'Cache-Control': 'no-cache',
  };
  if (packed) {
    if (!packed.has(file)) packed.set(file, gzipSync(await readFile(file), { level: 9 }));
    response.writeHead(200, { ...headers, 'Content-Encoding': 'gzip' }).end(packed.get(file));
    return;
  }
  response.writeHead(200, headers);
  if (inHead && extname(file) === '.html') {
    response.end((await readFile(file, 'utf8')).replace('<head>', `<head>${inHead}`));
    return;
  }
  createReadStream(file).on('error', () => response.destroy()).pipe(response);
}

/** The file that a request means; null when it tries to leave the folder. */
function fileFor(root, url) {
  const { pathname } = new URL(url, 'http://localhost');
  const file = normalize(join(root, pathname.endsWith('/') ? `${pathname}index.html` : pathname));
  return file.startsWith(root + sep) ? file : null;
}
