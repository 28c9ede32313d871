// Warns two minutes before the session ends, and keeps it for whoever says so.
import { announce } from './app.js';

const warnMs = 120_000;
let timer;

async function ask(kind) {
  const answer = await fetch('/account/stay', { method: 'POST', headers: { 'x-fernpost': kind }, redirect: 'error' });
  return answer.ok ? (await answer.json()).msLeft : 0;
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
  clearTimeout(timer);
  show();
  timer = setTimeout(check, Math.max(0, msLeft - warnMs));
}

function ended() {
  const link = document.createElement('a');
  link.href = location.href;
  link.textContent = 'Sign in again';
  show('Your session has ended. What you had typed is kept. ', link, ' to go on.');
}

async function stay() {
  const msLeft = await ask('typed').catch(() => 0);
  if (msLeft > warnMs) wait(msLeft);
  else if (msLeft <= 0) ended();
}

/** Another window may have kept the session meanwhile: the node knows. */
async function check() {
  const msLeft = await ask('quiet').catch(() => 0);
  if (msLeft > warnMs + 1000) return wait(msLeft);
  if (msLeft <= 0) return ended();
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'button second';
  button.textContent = 'Stay signed in';
  button.addEventListener('click', stay);
  show('Your session ends in two minutes, because nothing was done here. ', button);
  timer = setTimeout(check, msLeft);
}

const { sessionMsLeft } = document.body.dataset;
if (sessionMsLeft !== undefined) wait(Number(sessionMsLeft));
