// Warns two minutes before the session ends, and keeps it for whoever says so.
import { announce } from './app.js';
import { ask, onBack } from './connection.js';

const warnMs = 120_000;
const retryMs = 60_000;
let timer;

/** How long the session has left; nothing when the node cannot be reached. */
async function timeLeft(kind) {
  try {
    const answer = await ask('/account/stay', { method: 'POST', headers: { 'x-fernpost': kind }, redirect: 'error' });
    return answer.ok ? (await answer.json()).msLeft : 0;
  } catch {
    return undefined;
  }
}

function show(...content) {
  document.getElementById('session-end')?.remove();
  if (content.length === 0) return;
  const notice = document.createElement('div');
  notice.id = 'session-end';
  notice.className = 'notice amber';
  notice.append(...content);
  document.getElementById('banners')?.append(notice);
  announce(notice.textContent, true);
}

function wait(msLeft) {
  show();
  later(msLeft - warnMs);
}

function ended() {
  const link = document.createElement('a');
  link.href = location.href;
  link.textContent = 'Sign in again';
  show('Your session has ended. What you had typed is kept. ', link, ' to go on.');
}

async function stay() {
  const msLeft = await timeLeft('typed');
  if (msLeft === undefined) return;
  if (msLeft > warnMs) return wait(msLeft);
  if (msLeft <= 0) return ended();
  show('Twelve hours are the longest that a session lasts: it ends in two minutes. What you type is kept.');
}

/** Another window may have kept the session meanwhile: the node knows. */
async function check() {
  const msLeft = await timeLeft('quiet');
  if (msLeft === undefined) return later(retryMs);
  if (msLeft > warnMs + 1000) return wait(msLeft);
  if (msLeft <= 0) return ended();
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'button second';
  button.textContent = 'Stay signed in';
  button.addEventListener('click', () => void stay());
  show('Your session ends in two minutes. ', button);
  later(msLeft);
}

function later(ms) {
  clearTimeout(timer);
  timer = setTimeout(() => void check(), Math.max(0, ms));
}

const { sessionMsLeft } = document.body.dataset;
if (sessionMsLeft !== undefined) {
  wait(Number(sessionMsLeft));
  onBack(() => void check());
}
