// Counts down what is left of an undo, and takes the banner away when the answer has left.

const startedAt = performance.now();

function tick() {
  let isLeft = false;
  for (const banner of document.querySelectorAll('[data-undo-until]')) {
    const leftMs = Number(banner.dataset.undoUntil) - (performance.now() - startedAt);
    if (leftMs <= 0) {
      if (!banner.contains(document.activeElement)) banner.remove();
      else banner.querySelector('button').disabled = true;
      continue;
    }
    isLeft = true;
    banner.querySelector('[data-seconds]').textContent = String(Math.ceil(leftMs / 1000));
  }
  if (isLeft) setTimeout(tick, 250);
}

tick();
