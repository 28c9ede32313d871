// Sends files in pieces (tus 1.0.0) and goes on after a lost connection, a closed lid or another day: what came lies on the
// node, which knows the same file again by its size and the SHA-256 of its first and last MiB (Node §13.5).
import { announce } from './app.js';

const sliceBytes = 8 * 1024 * 1024; // One chunk of the node: nothing is sealed twice.
const edgeBytes = 1024 * 1024;
const waitMsMax = 30_000;
const spoken = [0, 25, 50, 75, 100];

class Refused extends Error {}
/** The node is there, and cannot take it now: full, busy, starting. */
class Busy extends Error {}

const base64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Where nothing can be hashed (no secure context) the file still goes, and cannot be known again. */
async function fingerprintOf(file) {
  if (crypto.subtle === undefined) return undefined;
  const edges = new Blob([file.slice(0, edgeBytes), file.slice(Math.max(edgeBytes, file.size - edgeBytes))]);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await edges.arrayBuffer()));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** One request; `onSent` hears how many bytes of the body have left. Only XMLHttpRequest tells that. */
function send(method, path, headers, body, onSent) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    const all = { 'tus-resumable': '1.0.0', 'x-fernpost': 'upload', ...headers };
    for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
    if (onSent !== undefined) request.upload.onprogress = (event) => onSent(event.loaded);
    request.onload = () => resolve(request);
    request.onerror = () => reject(new Error('network'));
    request.send(body ?? null);
  });
}

/** Refuses for good what another try cannot mend, and throws what it can: 409, 423, 429 to 5xx, a lost connection. */
function judge(request) {
  if (request.status < 300) return request;
  if (request.status === 401)
    throw new Refused('Your session has ended. Sign in again and choose the same file: it goes on from here.');
  const again = request.status === 409 || request.status === 423 || request.status >= 500;
  if (again) throw new Busy(request.responseText.trim());
  throw new Refused(request.responseText.trim() || `The node refused it (${request.status}).`);
}

class Transfer {
  constructor(form, file, list) {
    Object.assign(this, { form, file, at: 0, failures: 0, lastSpoken: -1 });
    this.item = document.createElement('li');
    this.name = document.createElement('bdi');
    this.name.textContent = file.name;
    this.bar = document.createElement('progress');
    this.bar.max = 100;
    this.bar.setAttribute('aria-label', file.name);
    this.state = document.createElement('span');
    this.item.append(this.name, this.bar, this.state);
    list.append(this.item);
    this.show('queued');
  }

  show(text, kind = '') {
    this.item.className = kind;
    this.state.textContent = text;
  }

  progress(bytes) {
    const percent = Math.floor((bytes / this.file.size) * 100);
    this.bar.value = percent;
    this.bar.hidden = false;
    this.show(percent < 100 ? `sending ${percent} %` : 'checking');
    const step = spoken.findLast((each) => percent >= each);
    if (step <= this.lastSpoken) return;
    this.lastSpoken = step;
    announce(`${this.file.name}: ${step} %`);
  }

  async begin() {
    this.show('hashing');
    this.fingerprint ??= await fingerprintOf(this.file);
    const { patient, consultation, upload } = this.form.dataset;
    const guard = this.form.elements.guard.value;
    const { name: filename, type: filetype } = this.file;
    const metadata = { patient, consultation, guard, filename, filetype, fingerprint: this.fingerprint };
    const pairs = Object.entries(metadata).filter(([, value]) => value !== undefined);
    const headers = {
      'upload-length': String(this.file.size),
      'upload-metadata': pairs.map(([name, value]) => `${name} ${base64(value)}`).join(','),
    };
    this.place = judge(await send('POST', upload, headers)).getResponseHeader('location');
  }

  async goOn() {
    if (this.place === undefined) await this.begin();
    const where = judge(await send('HEAD', this.place));
    this.at = Number(where.getResponseHeader('upload-offset'));
    let stored = where.getResponseHeader('fernpost-attachment');
    this.progress(this.at);
    while (stored === null) {
      const headers = { 'upload-offset': String(this.at), 'content-type': 'application/offset+octet-stream' };
      const slice = this.file.slice(this.at, this.at + sliceBytes);
      const sent = judge(await send('PATCH', this.place, headers, slice, (bytes) => this.progress(this.at + bytes)));
      this.at = Number(sent.getResponseHeader('upload-offset'));
      this.failures = 0;
      stored = sent.getResponseHeader('fernpost-attachment');
      this.progress(this.at);
    }
    const link = document.createElement('a');
    link.href = stored;
    link.textContent = 'encrypted and stored';
    this.show('', 'stored');
    this.bar.remove();
    this.state.append('✓ ', link);
    announce(`${this.file.name}: encrypted and stored`);
  }

  /** Half a second, doubled each time, to half a minute; at once when the connection is back. */
  async wait(error) {
    const ms = Math.min(waitMsMax, 500 * 2 ** this.failures++);
    const why = error instanceof Busy ? `the node cannot take it now. ${error.message} Waiting` : 'waiting for network';
    this.show(`${why}, next try in ${Math.ceil(ms / 1000)} s`, 'waiting');
    await new Promise((resolve) => {
      setTimeout(resolve, ms);
      addEventListener('online', resolve, { once: true });
    });
  }

  async run() {
    for (;;) {
      try {
        return await this.goOn();
      } catch (error) {
        if (error instanceof Refused) return this.fail(error.message);
        if (!(await this.isReadable())) return this.fail('The file was changed or moved. Choose it again.');
        await this.wait(error);
      }
    }
  }

  /** A file that changed on the disk fails like a lost connection: this tells the two apart. */
  isReadable() {
    return this.file
      .slice(0, 1)
      .arrayBuffer()
      .then(
        () => true,
        () => false,
      );
  }

  fail(reason) {
    this.show(`failed: ${reason} `, 'failed');
    this.bar.hidden = true;
    announce(`${this.file.name}: failed. ${reason}`, true);
    const retry = document.createElement('button');
    retry.type = 'button';
    retry.className = 'button second';
    retry.textContent = 'Retry';
    retry.addEventListener('click', () => {
      this.place = undefined;
      void this.run();
    });
    this.state.append(retry);
  }
}

let last = Promise.resolve();
let underWay = 0;

/** One file after the other: two at once would be no faster. */
function start(form, files) {
  const guard = form.elements.guard;
  if (!guard.reportValidity()) return;
  const list = form.querySelector('[data-upload-list]');
  for (const file of files) {
    const transfer = new Transfer(form, file, list);
    underWay += 1;
    last = last.then(() => transfer.run()).finally(() => (underWay -= 1));
  }
  form.elements.file.value = '';
}

for (const form of document.querySelectorAll('form[data-upload]')) {
  const drop = form.querySelector('[data-drop]');
  for (const each of form.querySelectorAll('.drop-hint')) each.hidden = false;
  for (const each of form.querySelectorAll('.without-script')) each.remove();
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    start(form, [...form.elements.file.files]);
  });
  for (const name of ['dragover', 'dragleave', 'drop'])
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle('over', name === 'dragover');
    });
  drop.addEventListener('drop', (event) => start(form, [...event.dataTransfer.files]));
}

addEventListener('beforeunload', (event) => {
  if (underWay > 0) event.preventDefault();
});
