// <helios-lab>: a Raft cluster in a page. The lab is in a frame, so its styles, keys and storage
// are apart from those of the page, and a page can have several.

/** The version of the messages between the two pages. */
const VERSION = 1;
/** The folder `lab/` is beside this module, unless `base` names another one. Not in one expression
 * with it: a bundler would take the folder for a file of its own. */
const HERE = import.meta.url;
/** The most characters of a script in an address, where a line's end takes three. */
const MAX_SCRIPT = 262_100;
/** A lab that has not answered so long after its page loaded will not, in ms. */
const PATIENCE_MS = 60_000;
const VIEWS = 'ring';
const EVENTS = ['ready', 'moment', 'violation', 'error'];

const STYLE = `
  :host { display: block; min-width: 0; height: 24rem; }
  :host([hidden]) { display: none; }
  iframe { display: block; box-sizing: border-box; width: 100%; height: 100%; border: 0; }
  p { margin: 0; padding: 1rem; border: 1px solid; font: 14px/1.4 system-ui, sans-serif; }
`;

/** A lab. The README of the package lists its attributes, methods and events. */
export class HeliosLab extends HTMLElement {
  static observedAttributes = ['src', 'view', 'controls', 'base', 'theme'];

  #root = this.attachShadow({ mode: 'open' });
  #frame = null;
  /** The origin of the lab's page. */
  #origin = '';
  #port = null;
  /** The calls without an answer yet: id → what to call. */
  #calls = new Map();
  #lastCall = 0;
  /** Of two openings under way, the later one counts. */
  #opening = 0;
  #ready = null;
  #theme = null;
  #themes = new MutationObserver(() => this.#tellTheme());

  #onMessage = (event) => this.#connect(event);

  connectedCallback() {
    addEventListener('message', this.#onMessage);
    for (const element of [document.documentElement, document.body, this]) {
      this.#themes.observe(element, { attributeFilter: ['class', 'style', 'data-theme', 'theme'] });
    }
    this.#open();
  }

  disconnectedCallback() {
    removeEventListener('message', this.#onMessage);
    this.#themes.disconnect();
    this.#close();
    this.#root.replaceChildren();
  }

  attributeChangedCallback(name, before, now) {
    // Before the first opening, the browser tells the attributes that are there.
    if (!this.isConnected || before === now || this.#opening === 0) return;
    if (name !== 'theme') this.#open();
  }

  /** Carries out one line of the language. Resolves to the answer; rejects with the refusal. */
  exec(line) {
    return this.#call('exec', String(line));
  }

  /** The moment that the lab shows, as plain values. */
  view() {
    return this.#call('view');
  }

  async #call(call, line) {
    await this.#ready?.promise;
    if (!this.#port) throw new Error('the lab is not open');
    this.#lastCall += 1;
    const id = this.#lastCall;
    const answer = new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
    this.#port.postMessage({ id, call, line });
    return answer;
  }

  async #open() {
    this.#close();
    this.#opening += 1;
    const opening = this.#opening;
    this.#ready = Promise.withResolvers?.() ?? withResolvers();
    // Nobody may be waiting for it.
    this.#ready.promise.catch(() => {});
    try {
      const address = await this.#address();
      if (opening === this.#opening && this.isConnected) this.#load(address);
    } catch (error) {
      if (opening === this.#opening) this.#fail(error);
    }
  }

  /** The address of the lab's page, with the script or the moment after `#`. */
  async #address() {
    const base = this.getAttribute('base');
    const folder = new URL(base?.replace(/\/?$/, '/') ?? './lab/', base ? document.baseURI : HERE);
    const address = new URL('index.html', folder);
    const views = (this.getAttribute('view') ?? VIEWS).trim().split(/[\s,]+/);
    let query = `?view=${encodeURIComponent(views.join(','))}`;
    if (this.hasAttribute('controls')) query += '&controls';
    this.#theme = this.#wantedTheme();
    if (this.#theme) query += `&theme=${this.#theme}`;
    address.search = query;
    address.hash = await this.#run();
    return address;
  }

  /** What is after `#`: the moment of a link, or a script, or nothing for a new cluster. */
  async #run() {
    const src = this.getAttribute('src');
    const moment = /#(moment=.*)$/s.exec(src ?? '');
    if (moment) return moment[1];
    const text = src === null ? await this.#ownText() : await textOf(src);
    const script = encodeURIComponent(text);
    if (script.length > MAX_SCRIPT) {
      throw new Error(`the script is too long: ${script.length} characters in an address, and ` +
        `${MAX_SCRIPT} are the limit`);
    }
    return text && `script=${script}`;
  }

  /** The text in the element, which may be there only when the page has been read. */
  async #ownText() {
    if (document.readyState === 'loading') {
      await new Promise((resolve) => {
        document.addEventListener('DOMContentLoaded', resolve, { once: true });
      });
    }
    return this.textContent.trim();
  }

  #load(address) {
    const frame = document.createElement('iframe');
    frame.title = this.getAttribute('aria-label') ?? 'Helios: a Raft cluster';
    frame.src = address.href;
    frame.addEventListener('load', () => {
      setTimeout(() => {
        if (frame !== this.#frame || this.#port) return;
        this.#fail(new Error(`there is no lab at ${address.href.split('#')[0]}`));
      }, PATIENCE_MS);
    });
    this.#frame = frame;
    this.#origin = address.origin;
    this.#root.replaceChildren(style(), frame);
  }

  /** The lab's page says that it is there: it gets a port of its own. */
  #connect({ source, origin, data }) {
    const isLab = source === this.#frame?.contentWindow && origin === this.#origin;
    if (!isLab || data?.helios !== VERSION) return;
    this.#port?.close();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = (event) => this.#hear(event.data);
    source.postMessage({ helios: VERSION }, origin, [port2]);
    // It may be another one by now.
    this.#tellTheme();
  }

  #hear({ id, answer, error, event, detail }) {
    if (EVENTS.includes(event)) {
      if (event === 'ready') this.#ready.resolve();
      if (event === 'error') this.#ready.reject(new Error(detail));
      this.dispatchEvent(new CustomEvent(event, { detail }));
      return;
    }
    const call = this.#calls.get(id);
    if (!call) return;
    this.#calls.delete(id);
    if (error === undefined) call.resolve(answer);
    else call.reject(new Error(error));
  }

  #fail(error) {
    const words = document.createElement('p');
    words.setAttribute('role', 'alert');
    words.textContent = `This lab cannot be shown: ${error.message}.`;
    this.#root.replaceChildren(style(), words);
    this.#ready.reject(error);
    this.dispatchEvent(new CustomEvent('error', { detail: error.message }));
  }

  #close() {
    this.#port?.close();
    this.#port = null;
    this.#frame = null;
    const closed = new Error('the lab was closed');
    this.#ready?.reject(closed);
    for (const { reject } of this.#calls.values()) reject(closed);
    this.#calls.clear();
  }

  /** `light` or `dark` if the element or its page says so, else nothing: the system's. */
  #wantedTheme() {
    const own = this.getAttribute('theme') ?? getComputedStyle(this).colorScheme;
    return ['light', 'dark'].find((theme) => theme === own) ?? null;
  }

  #tellTheme() {
    const theme = this.#wantedTheme();
    if (theme === this.#theme || !this.#port) return;
    this.#theme = theme;
    this.#call('theme', theme).catch(() => {});
  }
}

async function textOf(src) {
  const response = await fetch(new URL(src, document.baseURI)).catch(() => null);
  if (!response) throw new Error(`${src} cannot be loaded`);
  if (!response.ok) throw new Error(`the server answers ${response.status} to ${src}`);
  return (await response.text()).trim();
}

function style() {
  const element = document.createElement('style');
  element.textContent = STYLE;
  return element;
}

function withResolvers() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

if (!customElements.get('helios-lab')) customElements.define('helios-lab', HeliosLab);
