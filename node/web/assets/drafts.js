// Keeps what is typed into a form on the server, every ten seconds while it changes, and offers it again.
import { announce } from './app.js';
import { ask, onBack } from './connection.js';
import { clockTime } from './hospital-time.js';

const everyMs = 10_000;
const page = location.pathname + location.search;
const typing =
  'textarea, input:not([type]), input[type="text"], input[type="email"], input[type="tel"], input[type="date"]';

/** Forms that are sent once and in which one types more than a line; `data-draft="off"` leaves one out. */
function isKept(form) {
  if (form.dataset.draft !== undefined) return form.dataset.draft !== 'off';
  if (form.method !== 'post' || form.elements.namedItem('once') === null) return false;
  return form.querySelector('textarea') !== null || form.querySelectorAll(typing).length > 2;
}

function fieldsOf(form) {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === 'string') fields.append(name, value);
  fields.set('draft-page', page);
  return fields;
}

function tell(form, text) {
  let place = form.querySelector('[data-draft-state]');
  if (place === null) {
    place = document.createElement('p');
    place.className = 'hint';
    place.dataset.draftState = '';
    form.append(place);
  }
  place.textContent = text;
}

function words(status) {
  if (status === 200) return `Draft kept at ${clockTime(Date.now())}. Nothing is sent before you send it.`;
  if (status === 401) return 'Your session has ended. What you typed is kept: sign in again to go on.';
  return 'The draft could not be kept. Copy what you need before you leave this page.';
}

function keep(form) {
  let saved = fieldsOf(form).toString();
  let timer;
  const save = async () => {
    timer = undefined;
    const fields = fieldsOf(form);
    if (fields.toString() === saved || form.dataset.sent === 'yes') return;
    try {
      const headers = { 'x-fernpost': 'typed' };
      const answer = await ask('/drafts', { method: 'POST', body: fields, headers, redirect: 'error' });
      if (answer.ok || answer.status === 401) saved = fields.toString();
      tell(form, words(answer.status));
    } catch {
      tell(form, 'The draft could not be kept: no connection to the node. It is kept as soon as the node answers.');
    }
  };
  form.addEventListener('input', () => {
    timer ??= setTimeout(save, everyMs);
  });
  onBack(save);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden' && timer !== undefined) void save();
  });
}

async function offer(form) {
  const answer = await ask(`/drafts?${new URLSearchParams({ page })}`, {
    headers: { 'x-fernpost': 'quiet' },
    redirect: 'error',
  });
  const { savedAt, words: when } = answer.ok ? await answer.json() : { savedAt: null };
  if (savedAt === null) return;
  const link = document.createElement('a');
  const restored = new URL(location.href);
  restored.searchParams.delete('kept');
  restored.searchParams.set('draft', '1');
  link.href = restored.pathname + restored.search;
  link.textContent = 'Restore it';
  const notice = document.createElement('p');
  notice.className = 'notice blue';
  notice.append(`You typed something here on ${when} and did not send it. `, link, '.');
  form.before(notice);
  announce(notice.textContent);
}

document.addEventListener('renewed', ({ target }) => {
  for (const form of target.querySelectorAll('form')) if (isKept(form)) keep(form);
});
const forms = [...document.forms].filter(isKept);
for (const form of forms) keep(form);
if (forms.length > 0 && new URLSearchParams(location.search).get('draft') !== '1') offer(forms[0]).catch(() => {});
