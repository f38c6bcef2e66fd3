// Has the page start without a network from the next visit on (sw.js), and says when a newer
// version is there. Without a secure origin or with storage blocked, the page only needs a network.

/** The first screen comes first. */
const PAUSE_MS = 2_000;

const notice = document.getElementById('new-version');
const { version } = document.querySelector('meta[name="helios-version"]').dataset;
// A lab in another page stores nothing.
const isEmbedded = new URLSearchParams(location.search).has('view');
const workers = isEmbedded ? undefined : navigator.serviceWorker;

/** Tells the worker which version this is: it asks the server, and answers which is the newest. */
function ask() {
  workers.controller?.postMessage({ version });
}

/** The newest version, and the one that is for later. */
let newest = version;
let later = null;

workers?.addEventListener('message', ({ data }) => {
  ({ newest } = data);
  notice.hidden = [version, later].includes(newest);
});

document.getElementById('new-version-reload').addEventListener('click', () => location.reload());
document.getElementById('new-version-later').addEventListener('click', () => {
  later = newest;
  notice.hidden = true;
});

async function begin() {
  await workers.register('sw.js', { updateViaCache: 'none' });
  ask();
  // A page that is open for days hears of a new version too.
  document.addEventListener('visibilitychange', () => document.hidden || ask());
}

// `version` is empty in a build without a list of its files.
if (workers && version) {
  setTimeout(() => begin().catch((why) => console.info(`Not offline: ${why}`)), PAUSE_MS);
}
