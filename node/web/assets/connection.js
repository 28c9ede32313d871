// Whether the node answers (Node §13.4). Nothing asks for its own sake while all is well: whoever asks the node something
// tells here, and only a doubt is looked into, ever more rarely.

import { announce } from './app.js';
import { clockTime } from './hospital-time.js';

const graceMs = 1500;
const waitMsMax = 60_000;
const probeMsMax = 10_000;
const known = document.querySelector('link[rel="stylesheet"]').href;
const backListeners = new Set();
let isAway = false;
let checking;
let timer;
let waitMs = graceMs;

/** Calls `listener()` whenever the node answers again after people were told that it did not. */
export function onBack(listener) {
  backListeners.add(listener);
}

/** As `fetch`; what comes of it counts. */
export async function ask(path, init) {
  try {
    const answer = await fetch(path, init);
    if (answer.status < 500) answered();
    else doubt();
    return answer;
  } catch (error) {
    doubt();
    throw error;
  }
}

/**
 * Makes of `work` a function that runs it, and after a failure again, ever more rarely, and at once when the node answers
 * again: what a page was told of and could not fetch would stay away, under the words that the page is live.
 */
export function untilDone(work) {
  let timer;
  let waitMs = graceMs;
  const run = async () => {
    clearTimeout(timer);
    timer = undefined;
    try {
      await work();
      waitMs = graceMs;
    } catch {
      timer ??= setTimeout(run, waitMs);
      waitMs = Math.min(waitMs * 2, waitMsMax);
    }
  };
  onBack(() => timer !== undefined && void run());
  return run;
}

/** The node said something, by whatever way. */
export function answered() {
  clearTimeout(timer);
  timer = undefined;
  waitMs = graceMs;
  if (!isAway) return;
  isAway = false;
  document.getElementById('offline')?.remove();
  announce('The node answers again.');
  for (const listener of backListeners) listener();
}

/** Something did not reach the node. A moment is given: a node that starts anew is back before anybody need know. */
export function doubt() {
  if (checking === undefined) timer ??= setTimeout(check, waitMs);
}

/** Whether the node answers now; people are told when it does not. */
function check() {
  clearTimeout(timer);
  timer = undefined;
  checking ??= probe().then((isHere) => {
    checking = undefined;
    if (isHere) answered();
    else {
      show();
      waitMs = Math.min(waitMs * 2, waitMsMax);
      timer ??= setTimeout(check, waitMs * (0.5 + Math.random() / 2));
    }
    return isHere;
  });
  return checking;
}

/** Asks for a file that needs no session and no work. A proxy that answers for a node that is down says 502 to 504. */
async function probe() {
  try {
    const signal = AbortSignal.timeout(probeMsMax);
    const answer = await fetch(known, { method: 'HEAD', cache: 'no-store', redirect: 'manual', signal });
    return answer.status < 500;
  } catch {
    return false;
  }
}

function show() {
  if (isAway) return;
  isAway = true;
  const paragraph = (text, className = '') =>
    Object.assign(document.createElement('p'), { textContent: text, className });
  const notice = Object.assign(document.createElement('div'), { className: 'notice amber' });
  notice.append(
    paragraph(`No connection to the node since ${clockTime(Date.now(), 'minutes')}`, 'notice-title'),
    paragraph(
      'What was saved is safe, and the outbox leaves by itself. What you typed stays in this page: keep it open, and wait with sending. This message goes away when the node answers again.',
    ),
  );
  const place = Object.assign(document.createElement('div'), { id: 'offline', className: 'came-live' });
  place.role = 'region';
  place.ariaLabel = 'Connection';
  place.append(notice);
  document.getElementById('banners')?.append(place);
  announce(notice.textContent);
}

// A form that is sent into nothing takes its page away, and with it what was typed: it waits here until the node answers.
document.addEventListener(
  'submit',
  (event) => {
    if (!isAway) return;
    const { target: form, submitter } = event;
    event.preventDefault();
    event.stopImmediatePropagation();
    void check().then((isHere) => {
      if (isHere) form.requestSubmit(submitter);
      else announce('Not sent: there is no connection to the node. What you typed is still here.', true);
    });
  },
  { capture: true },
);

addEventListener('offline', () => void check());
addEventListener('online', () => isAway && void check());
addEventListener('pageshow', () => navigator.onLine || void check());
document.addEventListener('visibilitychange', () => {
  if (isAway && document.visibilityState === 'visible') void check();
});
