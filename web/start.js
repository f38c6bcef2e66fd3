// Starts the program, whose files `cargo xtask parts` names in the head of the page, and says in the
// shell of the page how far it is.

const words = document.getElementById('shell-words');
const bar = document.getElementById('shell-bar');
const again = document.getElementById('shell-again');
const program = document.querySelector('link[rel=modulepreload]').href;
const module = document.querySelector('link[rel=preload][as=fetch]');

/** The module, while the bar shows which part of it has arrived. */
async function load() {
  const response = await fetch(module.href);
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  bar.max = Number(module.dataset.bytes);
  let seen = 0;
  const count = new TransformStream({
    transform(chunk, stream) {
      seen += chunk.length;
      bar.value = Math.min(seen, bar.max);
      stream.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(count), response);
}

async function start() {
  const { default: init } = await import(program);
  await init({ module_or_path: load() });
}

try {
  await start();
  words.textContent = 'The lab is opening…';
  bar.removeAttribute('value');
} catch (error) {
  const why = typeof WebAssembly === 'object' ? error.message : 'WebAssembly is missing';
  words.textContent = `The program cannot be loaded: ${why}.`;
  bar.hidden = true;
  again.hidden = false;
  again.addEventListener('click', () => location.reload());
}
