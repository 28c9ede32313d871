// What every page has beside its own module: focus on what went wrong, one submit at a time.

/** Says something to people who hear the page; `now` interrupts. */
export function announce(text, now = false) {
  const place = document.getElementById(now ? 'assertive' : 'polite');
  if (place !== null) place.textContent = text;
}

document.querySelector('[data-focus="first"]')?.focus();

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (form.dataset.sent === 'yes') return event.preventDefault();
  if (form.method !== 'post' || event.defaultPrevented) return;
  form.dataset.sent = 'yes';
  setTimeout(() => delete form.dataset.sent, 5000); // An answer that is saved as a file leaves the page as it is.
});

// A page that comes back from the browser's memory may be sent again: the server knows whether it was.
addEventListener('pageshow', () => {
  for (const form of document.forms) delete form.dataset.sent;
});
