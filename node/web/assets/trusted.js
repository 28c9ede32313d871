// The one Trusted Types policy (Node §13): text that our own server rendered becomes elements, and nothing else does.

import { ask } from './connection.js';

const policy = self.trustedTypes?.createPolicy('fernpost', { createHTML: (text) => text }) ?? {
  createHTML: (text) => text,
};

/** Fetches a part of a page from this node and gives back its elements; `undefined` where the session has ended. */
export async function fetchFragment(path) {
  const target = new URL(path, location.href);
  if (target.origin !== location.origin) throw new TypeError('a fragment comes from this node');
  const answer = await ask(target, { headers: { 'x-fernpost': 'fragment' }, redirect: 'error' });
  if (answer.status === 401) return undefined;
  const isHtml = answer.headers.get('content-type')?.startsWith('text/html');
  if (!answer.ok || !isHtml) throw new Error(`the node answered ${answer.status}`);
  const template = document.createElement('template');
  template.innerHTML = policy.createHTML(await answer.text());
  return template.content;
}
