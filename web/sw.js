// The service worker: after the first visit, the page starts without a network.
//
// A version of the page is all files of a build, as `version.json` lists them. It is fetched whole,
// and each file is checked, before anything of it is shown; until then the version before is shown
// as it is. The names of all files but a few have a hash of the contents, so a page that runs finds
// the files of its own version, also when a newer one has come. Old versions are dropped when no
// other page is open.

/** The longest that the opening of a page waits for the server, in ms. */
const PATIENCE_MS = 3_000;

/** Each path of a host may have a page of its own: their caches have different names. */
const PREFIX = `helios ${self.registration.scope} `;
/** The cache with the version that was fetched last, under `/newest`. */
const NEWEST = `helios-newest ${self.registration.scope}`;

/** The update that is under way. */
let updating = null;

self.addEventListener('install', (event) => {
  // A worker serves pages of every version, so it need not wait until they are closed.
  event.waitUntil(update().then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  const path = pathOf(event.request);
  if (path === null) return;
  const isPage = event.request.mode === 'navigate' && (path === '' || path === 'index.html');
  event.respondWith(isPage ? openPage(event) : file(event.request, path));
});
self.addEventListener('message', (event) => event.waitUntil(answer(event)));

/** The path of a request below the scope; null: it is none of this page. */
function pathOf({ method, url }) {
  const [address] = url.split(/[?#]/);
  const { scope } = self.registration;
  return method === 'GET' && address.startsWith(scope) ? address.slice(scope.length) : null;
}

/** Fetches the server's version, if it is another one than the newest here. */
function update() {
  updating ??= fetchVersion().finally(() => {
    updating = null;
  });
  return updating;
}

async function fetchVersion() {
  const { version, files } = await (await fetchGood('version.json')).json();
  if (version === (await newestVersion())) return;
  const cache = await caches.open(PREFIX + version);
  await Promise.all(Object.entries(files).map(([path, hash]) => keep(cache, path, hash)));
  await (await caches.open(NEWEST)).put('/newest', new Response(version));
  for (const page of await pages()) page.postMessage({ newest: version });
}

/** Has a file in the cache; what an earlier attempt or version has is not fetched again. */
async function keep(cache, path, hash) {
  const known = (await cache.match(path)) ?? (await cached(path));
  if (known && (await isWhole(known.clone(), hash))) return cache.put(path, known);
  const response = await fetchGood(path);
  if (!(await isWhole(response.clone(), hash))) throw new Error(`${path} is another file`);
  // A new response: the browser takes no page that a server has redirected.
  const type = response.headers.get('Content-Type') ?? 'application/octet-stream';
  return cache.put(path, new Response(await response.blob(), { headers: { 'Content-Type': type } }));
}

async function fetchGood(path) {
  const response = await fetch(path, { cache: 'no-cache' });
  if (!response.ok) throw new Error(`the server answers ${response.status} to ${path}`);
  return response;
}

async function isWhole(response, hash) {
  const digest = await crypto.subtle.digest('SHA-256', await response.arrayBuffer());
  const bytes = [...new Uint8Array(digest)];
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('') === hash;
}

/** The page, of the newest version that is whole. A version that comes in time is waited for. */
async function openPage(event) {
  const updated = update().catch(() => {});
  event.waitUntil(updated);
  await Promise.race([updated, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  return (await cached('index.html')) ?? fetch(event.request);
}

async function file(request, path) {
  return (await cached(path)) ?? fetch(request);
}

/** A file: of the newest version, else of one that a page may still run. */
async function cached(path) {
  const newest = await newestVersion();
  for (const name of [PREFIX + newest, ...(await versions())]) {
    const found = await caches.match(path, { cacheName: name, ignoreSearch: true });
    if (found) return found;
  }
  return undefined;
}

/** The caches of versions. */
async function versions() {
  return (await caches.keys()).filter((name) => name.startsWith(PREFIX));
}

/** The version that was fetched last; none before the first one. */
async function newestVersion() {
  const note = await caches.match('/newest', { cacheName: NEWEST });
  return note?.text();
}

/** The pages that are open. */
async function pages() {
  const all = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  // A folder below may have a page and a worker of its own.
  const isOurs = (path) => path === '' || path === 'index.html';
  return all.filter(({ url }) => isOurs(pathOf({ method: 'GET', url })));
}

/** A page says its version, and hears which one is the newest. */
async function answer({ source, data: { version } }) {
  await update().catch(() => {});
  const newest = await newestVersion();
  source.postMessage({ newest });
  // An update that is under way fills a cache that nothing names yet.
  if ((await pages()).length > 1 || updating) return;
  const used = [PREFIX + newest, PREFIX + version];
  const old = (await versions()).filter((name) => !used.includes(name));
  await Promise.all(old.map((name) => caches.delete(name)));
}
