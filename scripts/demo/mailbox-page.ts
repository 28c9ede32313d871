import type { IncomingMessage } from 'node:http';
import type { StationMail } from './mailbox.ts';

interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const reloadSeconds = 5;
const safe = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
const ownHosts = /^(?:127\.0\.0\.1|localhost)(?::[0-9]+)?$/;

/** Shows the received mails, the newest first, as text and nothing else; only under the names of loopback. */
export function answerAt({ method, url, headers }: IncomingMessage, mails: readonly StationMail[]): PageAnswer {
  if (!ownHosts.test(headers.host ?? '')) return answer(421, 'text/plain', 'This mailbox is for this machine alone.\n');
  if (method !== 'GET' && method !== 'HEAD') return answer(405, 'text/plain', 'Mails can only be read here.\n');
  const newest = mails.toReversed();
  switch (url) {
    case '/':
      return answer(200, 'text/html', pageOf(newest));
    case '/mails.json':
      return answer(200, 'application/json', `${JSON.stringify(newest, undefined, 2)}\n`);
    case '/style.css':
      return answer(200, 'text/css', style);
    default:
      return answer(404, 'text/plain', 'There is no such page.\n');
  }
}

function answer(status: number, type: string, body: string): PageAnswer {
  return { status, headers: { ...safe, 'content-type': `${type}; charset=utf-8` }, body };
}

function pageOf(mails: readonly StationMail[]): string {
  const count = mails.length === 1 ? '1 mail' : `${mails.length} mails`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="${reloadSeconds}">
<title>(${mails.length}) Police stations’ mailbox</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<main>
<h1>Police stations’ mailbox</h1>
<p>Every mail that the three hospitals of the demo have sent: ${count}. <a href="/mails.json">As JSON</a></p>
${mails.length === 0 ? '<p>None yet. In a police case, sign in at a desk as doctor and choose “Police”.</p>' : ''}
${mails.map(articleOf).join('\n')}
</main>
</body>
</html>
`;
}

function articleOf({ from, to, subject, text, time, messageId }: StationMail): string {
  return `<article>
<h2><bdi>${escape(subject)}</bdi></h2>
<dl>
<dt>From</dt><dd>${escape(from)}</dd>
<dt>To</dt><dd>${escape(to.join(' '))}</dd>
<dt>Came</dt><dd><time datetime="${escape(time)}">${escape(time)}</time></dd>
<dt>Message-ID</dt><dd>${escape(messageId)}</dd>
</dl>
<pre dir="auto">${escape(text)}</pre>
</article>`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const hidden = /[\u061C\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF]/g;

/** Text stays text, and characters that would turn or hide it are shown. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[&<>"']/g, (letter) => entities[letter] ?? '')
    .replaceAll(hidden, (letter) => `⟨U+${letter.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}⟩`);
}

const style = `:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { margin: 0; background: light-dark(#f5f7f9, #10161c); color: light-dark(#16202a, #e8eef4); }
main { max-inline-size: 46rem; margin: 0 auto; padding: 1.5rem 1rem; }
article { background: light-dark(#fff, #18212a); border: 1px solid light-dark(#cfd8e0, #32404d); border-radius: 8px;
  padding: 1rem 1.25rem; margin-block: 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.125rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 0; }
dt { color: light-dark(#4b5a69, #a9b8c6); } dd { margin: 0; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 1rem; margin: 1rem 0 0;
  border-block-start: 1px solid light-dark(#cfd8e0, #32404d); padding-block-start: 1rem; }
a { color: light-dark(#0b5a8c, #7fc4f5); }
`;
