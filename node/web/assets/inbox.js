// Lists that stay true while they are read: rows that changed are rewritten where they stand, new ones wait behind a button.

import { untilDone } from './connection.js';
import { onChange } from './live.js';
import { fetchFragment } from './trusted.js';

const list = document.querySelector('[data-list]');
const restMs = 500;
const overdueMs = 60_000;
const changed = new Set();
let headAtMs = performance.now();
let isResting = false;

/** Several changes at once are one look. */
function renewSoon() {
  if (isResting) return;
  isResting = true;
  setTimeout(async () => {
    isResting = false;
    await renew();
  }, restMs);
}

const renew = untilDone(() => Promise.all([renewRows(), renewHead()]));

async function renewRows() {
  const shown = [...list.querySelectorAll('tr[data-key]')].filter((row) => changed.has(row.dataset.key));
  changed.clear();
  if (shown.length === 0) return;
  const path = new URL(list.dataset.rows, location.href);
  for (const row of shown) path.searchParams.append('id', row.dataset.key);
  const fresh = await fetchFragment(path).catch((error) => {
    for (const row of shown) changed.add(row.dataset.key);
    throw error;
  });
  for (const row of shown) {
    const now = fresh?.querySelector(`tr[data-key="${CSS.escape(row.dataset.key)}"]`);
    if (now === null || now === undefined || now.textContent === row.textContent) continue;
    const hadFocus = row.contains(document.activeElement);
    row.className = now.className;
    row.replaceChildren(...now.children);
    if (hadFocus) row.querySelector('[data-open]')?.focus();
  }
}

async function renewHead() {
  headAtMs = performance.now();
  const fresh = await fetchFragment(list.dataset.news);
  const told = fresh?.firstElementChild;
  if (told === null || told === undefined) return;
  for (const part of told.querySelectorAll('[data-part]')) {
    const place = document.getElementById(part.dataset.part);
    if (place === null || place.textContent === part.textContent) continue;
    const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
    place.replaceChildren(...part.childNodes);
    if (focused !== null) [...place.querySelectorAll('a')].find((a) => a.getAttribute('href') === focused)?.focus();
  }
  const count = Number(told.dataset.count);
  document.title = document.title.replace(/^(\(\d+\) )?/, count > 0 ? `(${count}) ` : '');
  const badge = count > 0 ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
  badge?.catch(() => undefined); // Only installed pages have one.
}

if (list !== null) {
  const kinds = (list.dataset.kinds ?? '').split(' ');
  onChange((change) => {
    for (const id of [...(change.referral ?? []), ...(change.delivery ?? [])]) changed.add(id);
    if (change.missed) for (const row of list.querySelectorAll('tr[data-key]')) changed.add(row.dataset.key);
    // Some become overdue by time alone.
    const isOld = change.beat && performance.now() - headAtMs > overdueMs;
    if (isOld || change.missed || changed.size > 0 || kinds.some((kind) => change[kind] !== undefined)) renewSoon();
  });
}

const button = document.getElementById('notify');
if (button !== null && typeof Notification === 'function') {
  const isOn = () => Notification.permission === 'granted' && localStorage.getItem('fernpost-notify') === 'yes';
  const show = () => {
    button.hidden = false;
    button.textContent = isOn() ? 'Notifications are on: switch off' : 'Notify me of emergencies';
    if (Notification.permission === 'denied') button.hidden = true;
  };
  button.addEventListener('click', async () => {
    if (isOn()) localStorage.removeItem('fernpost-notify');
    else if ((await Notification.requestPermission()) === 'granted') localStorage.setItem('fernpost-notify', 'yes');
    show();
  });
  show();
}
