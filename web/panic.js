// The overlay after a panic must work when nothing else of the page does: plain JavaScript.

const copy = document.getElementById('panic-copy');

copy.addEventListener('click', async () => {
  const text = ['panic-message', 'panic-script']
    .map((id) => document.getElementById(id).textContent)
    .join('\n\n');
  try {
    await navigator.clipboard.writeText(text);
    copy.textContent = 'Copied';
  } catch {
    copy.textContent = 'Select the text and copy it';
  }
});

document.getElementById('panic-reload').addEventListener('click', () => location.reload());
