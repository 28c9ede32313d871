// Keys of the decision, the words that the sender will read, the seconds of an undo, and the weight of what is ticked.

const mayUseKeys = document.body.dataset.shortcuts !== 'off';
const isTyping = (element) =>
  element?.isContentEditable === true || ['INPUT', 'TEXTAREA', 'SELECT'].includes(element?.tagName);

function unfold(id) {
  const place = document.getElementById(id);
  if (place === null) return;
  place.open = true;
  place.querySelector('textarea')?.focus();
}

const acts = {
  d: () => unfold('decline'),
  q: () => unfold('ask'),
  n: () => document.getElementById('accept-next')?.focus(),
};

if (mayUseKeys)
  document.addEventListener('keydown', (event) => {
    const act = acts[event.key.toLowerCase()];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
    event.preventDefault();
    act();
  });
else {
  const hide = () => {
    for (const place of document.querySelectorAll('.keys')) place.hidden = true;
  };
  document.addEventListener('renewed', hide);
  hide();
}

/** By the field that is written: where its reader's view of it stands. */
const previews = { reason: 'decline-preview', question: 'ask-preview' };

document.addEventListener('input', ({ target }) => {
  const preview = document.getElementById(previews[target.name]);
  if (preview === null) return;
  preview.dataset.empty ??= preview.textContent;
  preview.textContent = target.value === '' ? preview.dataset.empty : target.value;
});

const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
function bytesWords(bytes) {
  let unit = 0;
  for (; bytes >= 1000 && unit < units.length - 1; unit += 1) bytes /= 1000;
  return `${unit === 0 || bytes >= 100 ? Math.round(bytes) : bytes.toFixed(1)} ${units[unit]}`;
}

const total = document.getElementById('files-size');
total?.closest('form')?.addEventListener('change', weigh);
function weigh() {
  let bytes = Number(total.dataset.elsewhere ?? 0);
  for (const tick of document.querySelectorAll('input[name="attachments"]:checked'))
    bytes += Number(tick.closest('.choice')?.querySelector('[data-bytes]')?.dataset.bytes ?? 0);
  total.textContent = bytesWords(bytes);
}
