// Looks again after so many seconds, where the server says that something is under way.
const waiting = document.querySelector('[data-reload]');
if (waiting !== null) setTimeout(() => location.reload(), Number(waiting.dataset.reload) * 1000);
