// Runs inside every page of the tests of engines: asks the server for code, runs it, and sends back
// what it gives. So a test needs no driver, and any browser that opens an address can be tested.

{
  const page = crypto.randomUUID();
  globalThis.agentErrors = [];
  addEventListener('error', ({ message }) => agentErrors.push(`exception: ${message}`));
  addEventListener('unhandledrejection', ({ reason }) => agentErrors.push(`rejection: ${reason}`));
  const report = console.error;
  console.error = (...words) => {
    agentErrors.push(`console: ${words.join(' ')}`);
    report(...words);
  };

  /** A page that is kept for "back" must not wait for an answer. */
  let stop = new AbortController();
  addEventListener('pagehide', () => stop.abort());
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    stop = new AbortController();
    work();
  });

  async function work() {
    while (!stop.signal.aborted) {
      try {
        const response = await fetch(`/agent/next?page=${page}`, { signal: stop.signal });
        if (response.status === 204) continue;
        const { id, code } = await response.json();
        let answer;
        try {
          answer = { value: await (0, eval)(code) };
        } catch (error) {
          answer = { error: [error, ...agentErrors].join('\n  ') };
        }
        const body = JSON.stringify({ id, ...answer });
        await fetch('/agent/answer', { method: 'POST', body, signal: stop.signal });
      } catch (error) {
        if (stop.signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
  work();
}
