// Shuts down what tests started. Node waits for every open server and child process, so a test that
// fails before it closes its browser would otherwise keep the run from ending.

import { after } from 'node:test';

const closers = [];

/** Calls `close` when all tests of the file are done; closing what is closed must do no harm. */
export function closeAtEnd(close) {
  closers.push(close);
}

// Outside of any test or suite, this is once for the whole file.
after(async () => {
  // The last thing started depends on those before it: a browser on its folder and server.
  for (const close of closers.reverse()) await close();
});
