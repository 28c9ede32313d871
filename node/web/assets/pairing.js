// A pairing page while the other administrator acts: its steps are fetched anew, and the page itself where there is more to do.

import { announce } from './app.js';
import { fetchFragment } from './trusted.js';

const everyMs = 1500;
const place = document.getElementById('pairing');
const path = place?.dataset.live;

const stateOf = (part) => part.querySelector('[data-state]')?.dataset.state;

async function renew() {
  try {
    const part = await fetchFragment(path);
    if (part === undefined) return location.reload(); // The session has ended: the page asks to sign in.
    const isFurther = stateOf(part) !== stateOf(place);
    if (isFurther) return location.replace(location.pathname.replace(/\/words$/, ''));
    if (part.textContent !== place.textContent) place.replaceChildren(part);
  } catch {
    announce('The node does not answer. Trying again.'); // The offline banner says more.
  }
  setTimeout(renew, everyMs);
}

if (path !== undefined) setTimeout(renew, everyMs);
