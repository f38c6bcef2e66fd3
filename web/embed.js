// A lab in a page of somebody else: the other page speaks with it over one channel, and it pauses
// while nobody can see it. The other end of the channel is `HeliosLab` in web/npm/helios-lab.js.
//
// This page sends `{ helios: 1 }` to its parent, which answers the same with a port. Over the port
// the parent sends `{ id, call, line }` and hears `{ id, answer }` or `{ id, error }`, and
// `{ event, detail }`.

/** The version of the messages. */
const VERSION = 1;
/** The most characters of a line. */
const MAX_LINE = 16_384;
/** The most calls that wait for their answers. */
const MAX_CALLS = 100;
/** The least time between two events with a moment, in ms. */
const MOMENT_MS = 100;
const THEMES = ['light', 'dark'];

begin();

function begin() {
  show(new URLSearchParams(location.search).get('theme'));
  pauseOutOfSight();
  let isConnected = false;
  addEventListener('message', ({ source, data, ports: [port] }) => {
    // Only the page around this one, once: whatever comes later is over its port.
    if (source !== parent || data?.helios !== VERSION || !port || isConnected) return;
    isConnected = true;
    connect(port);
  });
  // Whoever that page is, it may know that a lab is here.
  if (parent !== window) parent.postMessage({ helios: VERSION }, '*');
}

/** Shows a theme: light, dark, or anything else for the system's. */
function show(theme) {
  if (THEMES.includes(theme)) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  // The canvases read their colours again.
  dispatchEvent(new Event('helios-theme'));
}

/** The controls of the lab, once it is there. Without one, the page says why. */
async function lab() {
  while (!globalThis.helios) {
    const why = document.getElementById('not-embedded');
    if (why) throw new Error(why.textContent);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return globalThis.helios;
}

/** What the page around this one may call. */
const CALLS = {
  exec: async (line) => {
    if (typeof line !== 'string' || line.length > MAX_LINE) {
      throw new Error(`exec takes one line of at most ${MAX_LINE} characters`);
    }
    return (await lab()).exec(line);
  },
  view: async () => (await lab()).state().view,
  theme: async (theme) => show(theme),
};

async function connect(port) {
  let waiting = 0;
  port.onmessage = async ({ data: { id, call, line } }) => {
    if (!Object.hasOwn(CALLS, call)) return;
    if (waiting >= MAX_CALLS) {
      port.postMessage({ id, error: `${MAX_CALLS} calls wait already` });
      return;
    }
    waiting += 1;
    try {
      port.postMessage({ id, answer: await CALLS[call](line) });
    } catch (error) {
      port.postMessage({ id, error: error.message ?? `${error}` });
    }
    waiting -= 1;
  };
  try {
    const helios = await lab();
    port.postMessage({ event: 'ready', detail: helios.moment() });
    tell(port, helios);
  } catch (error) {
    port.postMessage({ event: 'error', detail: error.message });
  }
}

/** Tells each new moment, and each property when it comes to be broken. */
function tell(port, helios) {
  let last = '';
  let broken = 0;
  setInterval(() => {
    const moment = helios.moment();
    const text = JSON.stringify(moment);
    if (text === last) return;
    last = text;
    port.postMessage({ event: 'moment', detail: moment });
    if (moment.broken > broken) {
      const properties = helios.state().view.properties.filter((property) => property.broken);
      port.postMessage({ event: 'violation', detail: properties });
    }
    broken = moment.broken;
  }, MOMENT_MS);
}

/** Time stands still while nothing of this page is within the window around it. */
function pauseOutOfSight() {
  let wasRunning = false;
  let isSeen = true;
  const observer = new IntersectionObserver(async (entries) => {
    const helios = await lab().catch(() => null);
    if (!helios) return;
    const isSeenNow = entries.at(-1).isIntersecting;
    if (isSeenNow === isSeen) return;
    isSeen = isSeenNow;
    if (!isSeen) wasRunning = helios.moment().running;
    // Somebody may have had it run or pause meanwhile.
    if (!isSeen) helios.setRunning(false);
    else if (wasRunning) helios.setRunning(true);
  });
  observer.observe(document.body);
}
