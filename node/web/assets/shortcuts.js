// Keys for people without a free hand (Node §13.6): one letter each, so everybody can switch them off (WCAG 2.1.4).

const keys = [
  ['/', 'search'],
  ['J', 'next row'],
  ['K', 'row before'],
  ['Enter', 'open the row'],
  ['A', 'accept: goes to "Accept", from a list too; Enter then accepts'],
  ['N', 'accept and next, on an open referral'],
  ['Q', 'ask, on an open referral: goes to the question'],
  ['D', 'decline, on an open referral: goes to the reason'],
  ['U', 'undo: goes to "Undo" while there is time'],
  ['?', 'this list'],
];

const isTyping = (element) =>
  element !== null && (element.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(element.tagName));

const rows = () =>
  [...document.querySelectorAll('tr[data-key]')].filter((row) => row.querySelector('[data-open]') !== null);
const currentRow = () => rows().findIndex((row) => row.contains(document.activeElement));

function move(by) {
  const all = rows();
  if (all.length === 0) return;
  const now = currentRow();
  const next = now === -1 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, now + by));
  all[next].querySelector('[data-open]').focus();
}

function accept() {
  const place = document.getElementById('accept');
  if (place !== null) return place.focus();
  const link = rows()[currentRow()]?.querySelector('[data-open]');
  if (link !== undefined) location.assign(`${link.href}#accept`);
}

function search() {
  const field = document.querySelector('main input[type="search"]');
  if (field !== null) return field.focus();
  const link = document.querySelector('nav.places a[href="/patients"]');
  if (link !== null) location.assign(`${link.href}#search`);
}

function undo() {
  document.querySelector('[data-undo-until] button')?.focus();
}

function help() {
  const dialog = document.getElementById('keys-help') ?? makeHelp();
  if (!dialog.open) dialog.showModal();
}

function makeHelp() {
  const make = (name, text = '', attributes = {}) => {
    const element = Object.assign(document.createElement(name), attributes);
    element.textContent = text;
    return element;
  };
  const dialog = make('dialog', '', { id: 'keys-help' });
  dialog.setAttribute('aria-labelledby', 'keys-help-title');
  const table = make('table', '', { className: 'keys' });
  const body = table.createTBody();
  for (const [key, act] of keys) {
    const row = body.insertRow();
    const head = make('th');
    head.scope = 'row';
    head.append(make('kbd', key));
    row.append(head, make('td', act));
  }
  const off = make('p', 'You can switch the keys off ');
  off.append(make('a', 'under your own name', { href: '/account' }), '.');
  const close = make('button', 'Close', { type: 'button', className: 'button main', autofocus: true });
  close.addEventListener('click', () => dialog.close());
  dialog.append(make('h2', 'Keys', { id: 'keys-help-title' }), table, off, close);
  document.body.append(dialog);
  return dialog;
}

const acts = { '/': search, j: () => move(1), k: () => move(-1), a: accept, u: undo, '?': help };

if (document.body.dataset.signedIn === 'yes' && document.body.dataset.shortcuts !== 'off') {
  document.addEventListener('keydown', (event) => {
    const act = acts[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act === undefined || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (isTyping(event.target) || document.querySelector('dialog[open]') !== null) return;
    event.preventDefault();
    act();
  });
  if (location.hash === '#accept') document.getElementById('accept')?.focus();
  if (location.hash === '#search') search();
}
