// The server's side of agent.js: pages that have registered, and code for them.

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { startServer } from '../../e2e/lib/server.mjs';

/** How long a page may be silent. */
const PATIENCE_MS = 60_000;
/** A request of a page that has nothing to do is answered after so long. */
const IDLE_MS = 20_000;

/** One page in a browser. `evaluate` runs a function in it, as Playwright's does. */
class Page {
  #orders = [];
  #waiting = null;
  #answers = new Map();

  evaluate(run, argument = null) {
    const id = randomUUID();
    const code = `(${run})(${JSON.stringify(argument)})`;
    const answer = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#answers.delete(id);
        reject(new Error(`no answer of the page to ${code.slice(0, 200)}`));
      }, PATIENCE_MS);
      this.#answers.set(id, ({ value, error }) => {
        clearTimeout(timer);
        if (error === undefined) resolve(value);
        else reject(new Error(`${error}\n  in ${code.slice(0, 200)}`));
      });
    });
    this.#orders.push({ id, code });
    this.#hand();
    return answer;
  }

  /** Code whose page goes away, so that no answer comes. */
  leave(run, argument = null) {
    this.#orders.push({ id: 'none', code: `(${run})(${JSON.stringify(argument)})` });
    this.#hand();
  }

  /** A page asks what to do. */
  ask(response) {
    this.#waiting = response;
    const timer = setTimeout(() => {
      if (this.#waiting !== response) return;
      this.#waiting = null;
      response.writeHead(204).end();
    }, IDLE_MS);
    response.on('close', () => {
      clearTimeout(timer);
      if (this.#waiting === response) this.#waiting = null;
    });
    this.#hand();
  }

  answer(id, answer) {
    const settle = this.#answers.get(id);
    this.#answers.delete(id);
    settle?.(answer);
    return settle !== undefined;
  }

  #hand() {
    if (!this.#waiting || this.#orders.length === 0) return;
    const response = this.#waiting;
    this.#waiting = null;
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(this.#orders.shift()));
  }
}

/**
 * Serves the built page with the agent in it.
 *
 * @returns {Promise<{ url: string, next: () => Promise<Page>, close: () => Promise<void> }>} `next`
 *   is the next page that registers: after an address was opened, or a page was loaded again.
 */
export async function startStage() {
  const agent = await readFile(new URL('./agent.js', import.meta.url));
  const pages = new Map();
  const fresh = [];
  const wanted = [];
  const register = (id) => {
    const page = new Page();
    pages.set(id, page);
    const want = wanted.shift();
    if (want) want(page);
    else fresh.push(page);
    return page;
  };
  const special = async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    if (pathname === '/agent.js') {
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(agent);
    } else if (pathname === '/elsewhere') {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      response.end('<!doctype html><title>Elsewhere</title><script src="/agent.js"></script>');
    } else if (pathname === '/agent/next') {
      const id = searchParams.get('page');
      (pages.get(id) ?? register(id)).ask(response);
    } else if (pathname === '/agent/answer') {
      let body = '';
      for await (const part of request) body += part;
      const { id, ...answer } = JSON.parse(body);
      for (const page of pages.values()) if (page.answer(id, answer)) break;
      response.writeHead(204).end();
    } else {
      return false;
    }
    return true;
  };
  const server = await startServer({ special, inHead: '<script src="/agent.js"></script>' });
  const next = () => new Promise((resolve, reject) => {
    if (fresh.length > 0) return resolve(fresh.shift());
    const timer = setTimeout(() => reject(new Error('no page came')), PATIENCE_MS);
    wanted.push((page) => { clearTimeout(timer); resolve(page); });
  });
  return { url: server.url, next, close: server.close };
}
