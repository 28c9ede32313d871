// One line to the node for all pages of this browser (Node §13.4): the page that holds the lock keeps it open and tells the
// others. Events name what changed; each page fetches what it shows with its own session.

import { answered, doubt, onBack, untilDone } from './connection.js';
import { clockTime } from './hospital-time.js';
import { fetchFragment } from './trusted.js';

const listeners = new Set();
const channel = typeof BroadcastChannel === 'function' ? new BroadcastChannel('fernpost-live') : undefined;
const waitMsMax = 60_000;
/** The node says something every 25 s: a line that is silent for two of them is none. */
const silentMsMax = 55_000;
let since = document.querySelector('[data-cursor]')?.dataset.cursor;
let waitMs = 1000;

/**
 * Calls `listener({missed, beat, received, referral, …})` after each change: kinds with the ids that changed. A `beat` says
 * every 25 s that nothing else did.
 */
export function onChange(listener) {
  listeners.add(listener);
}

/** Says on every list how old it is; the body tells whether the page hears of changes. */
function showState(text, isLive = false) {
  document.body.dataset.live = isLive ? 'yes' : 'no';
  for (const place of document.querySelectorAll('[data-live-state]')) place.textContent = text;
}

/** When the node last said something: what the page shows is no older. */
let heardAt = 0;

function take(kind, data, id) {
  if (id !== '') since = id;
  waitMs = 1000;
  answered();
  if (kind === 'ended') return showState('Not live: the session has ended. Sign in again.');
  heardAt = data.at;
  showState(`Live. Updated ${clockTime(heardAt)}`, true);
  const change = { ...data, missed: kind === 'missed', beat: kind === 'beat' };
  if (kind === 'change' || kind === 'missed') renewParts(change);
  for (const listener of listeners) listener(change);
}

/** Holds the line until it breaks; resolves with whether to try again. */
function hold() {
  return new Promise((resolve) => {
    const source = new EventSource(`/live${since === undefined ? '' : `?since=${since}`}`);
    let silence;
    const listen = () => {
      clearTimeout(silence);
      silence = setTimeout(() => end(true), silentMsMax);
    };
    const end = (again) => {
      clearTimeout(silence);
      source.close();
      resolve(again);
    };
    for (const kind of ['hello', 'beat', 'change', 'missed', 'ended'])
      source.addEventListener(kind, (event) => {
        listen();
        const data = JSON.parse(event.data);
        take(kind, data, event.lastEventId);
        channel?.postMessage({ kind, data, id: event.lastEventId });
        if (kind === 'ended') end(false);
      });
    source.addEventListener('error', () => end(true));
    listen();
    addEventListener('pagehide', () => end(false), { once: true });
  });
}

let goOn;
onBack(() => goOn?.());

async function keepOpen() {
  while (await hold()) {
    const text = `Not live: no line to the node. Trying again${heardAt === 0 ? '' : `; as of ${clockTime(heardAt)}`}`;
    showState(text);
    doubt();
    channel?.postMessage({ kind: 'lost', text });
    await new Promise((resolve) => {
      goOn = resolve;
      setTimeout(resolve, waitMs * (0.5 + Math.random() / 2));
    });
    waitMs = Math.min(waitMs * 2, waitMsMax);
  }
}

channel?.addEventListener('message', ({ data: told }) => {
  if (told.kind === 'lost') {
    showState(told.text);
    doubt();
  } else if (told.kind !== 'asked') take(told.kind, told.data, told.id);
  else if (isLeader)
    channel.postMessage({ kind: since === told.since ? 'beat' : 'missed', data: { at: Date.now() }, id: since ?? '' });
});

let isLeader = false;
async function lead() {
  isLeader = true;
  await keepOpen();
  isLeader = false;
}

/** Parts of the page that are older than what it was told of. */
const owed = new Set();

/** Elements with `data-live-kinds` hold a part of the page that the node renders anew at `data-live-src`. */
function renewParts(change) {
  for (const part of document.querySelectorAll('[data-live-src]')) {
    const kinds = (part.dataset.liveKinds ?? '').split(' ');
    const ids = (part.dataset.liveIds ?? '').split(' ').filter((id) => id !== '');
    const isMeant = (id) => ids.length === 0 || ids.includes(id);
    if (change.missed || kinds.some((kind) => change[kind]?.some(isMeant))) owed.add(part);
  }
  if (owed.size > 0) void renewOwed();
}

const renewOwed = untilDone(async () => {
  const parts = [...owed];
  owed.clear();
  const done = await Promise.allSettled(parts.map(renewPart));
  for (const [i, { status }] of done.entries()) if (status === 'rejected') owed.add(parts[i]);
  if (done.some(({ status }) => status === 'rejected')) throw new Error('a part of the page is not renewed');
});

const isChanged = (field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked;

async function renewPart(part) {
  const fresh = await fetchFragment(part.dataset.liveSrc);
  if (fresh === undefined || fresh.textContent === part.textContent) return;
  const holdsFocus = part.contains(document.activeElement);
  if (holdsFocus && document.activeElement.matches('input, textarea, select')) return; // Somebody types there.
  if (holdsFocus && part.dataset.liveStill !== undefined) return; // Enter presses what was under the finger.
  if ([...part.querySelectorAll('input, textarea')].some(isChanged)) return; // Somebody has typed there.
  if (part.dataset.liveOver !== undefined) placeBanner(part, fresh);
  part.replaceChildren(fresh);
  if (holdsFocus) part.querySelector('a, button')?.focus();
  part.dispatchEvent(new Event('renewed', { bubbles: true }));
}

/**
 * Nothing moves under the pointer: a banner that comes while somebody reads lies over the foot of the window, and one that
 * was there from the start keeps its place when it is over.
 */
function placeBanner(part, fresh) {
  const isInFlow = part.childElementCount > 0 && !part.classList.contains('came-live');
  if (fresh.childElementCount === 0 && isInFlow) {
    const over = document.createElement('p');
    over.className = 'notice';
    over.textContent = part.dataset.liveOver;
    fresh.append(over);
  }
  part.classList.toggle('came-live', !isInFlow && fresh.childElementCount > 0);
}

/** Asked for by a button of the inbox; names no patient. */
function notify(change) {
  const emergencies = change.emergency ?? [];
  if (!isLeader || emergencies.length === 0 || localStorage.getItem('fernpost-notify') !== 'yes') return;
  if (typeof Notification !== 'function' || Notification.permission !== 'granted') return;
  const notice = new Notification('New emergency referral', { tag: emergencies[0] });
  notice.addEventListener('click', () => globalThis.focus());
}

function begin() {
  if (navigator.locks !== undefined && channel !== undefined) {
    void navigator.locks.request('fernpost-live', lead);
    channel.postMessage({ kind: 'asked', since });
  } else void lead();
}

if (document.body.dataset.signedIn === 'yes' && typeof EventSource === 'function') {
  onChange(notify);
  begin();
  // A page that comes back from the browser's memory catches up with what it missed.
  addEventListener('pageshow', (event) => event.persisted && begin());
}
