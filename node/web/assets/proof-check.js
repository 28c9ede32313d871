// Judges an entry of the log with this browser's own SHA-256 and Ed25519 (WebCrypto). Each step is judged so that one changed
// byte shows in its own step alone, as node/exchange-log/proof-check.ts does; a test holds both against each other.

const types = ['sent', 'received', 'refused', 'withdrawn', 'key', 'local', 'noop'];
const utf8 = (text) => new TextEncoder().encode(text);
const sha256 = async (...parts) => new Uint8Array(await crypto.subtle.digest('SHA-256', joined(...parts)));
const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);
export const toHex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const toBase64Url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '');

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function fromHex(text) {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 === 1 || !/^[0-9a-f]*$/i.test(digits)) throw new TypeError('this is not hex');
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** The leaf that a record makes: x = SHA-256 over kind and record (Spec §6). */
async function leafOf(type, record) {
  const x = toBase64Url(await sha256(utf8(`fernpost/record/v1\n${type}\n`), record));
  return utf8(`{"t":"${type}","v":1,"x":"${x}"}`);
}

/** A tlog-proof in its parts; `undefined` for another form. */
function readProof(text) {
  const [, index, path = '', note] =
    /^c2sp\.org\/tlog-proof@v1\nindex (0|[1-9][0-9]{0,15})\n((?:[A-Za-z0-9+/]{43}=\n)*)\n([^]+)$/.exec(text) ?? [];
  const split = note?.lastIndexOf('\n\n') ?? -1;
  if (split === -1) return undefined;
  const signed = note.slice(0, split + 1);
  const [, origin, size, root] = /^([^\n]+)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n$/.exec(signed) ?? [];
  if (root === undefined) return undefined;
  const signatures = note
    .slice(split + 2)
    .split('\n')
    .map((line) => /^— (\S+) ([A-Za-z0-9+/]+={0,2})$/.exec(line))
    .filter((line) => line !== null)
    .map(([, name, encoded]) => ({ name, bytes: fromBase64(encoded) }));
  return {
    index: Number(index),
    path: path.split('\n').slice(0, -1).map(fromBase64),
    text: signed,
    origin,
    size: Number(size),
    root: fromBase64(root),
    signatures,
  };
}

/** The root that a leaf and the path make (RFC 9162 §2.1.3.2); `undefined` for a path of another length. */
async function walk(entry, { index, size, path }) {
  let hash = await sha256(Uint8Array.of(0), entry);
  let [position, last] = [index, size - 1];
  if (position > last) return undefined;
  const half = () => {
    position = Math.floor(position / 2);
    last = Math.floor(last / 2);
  };
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (position % 2 === 1 || position === last) {
      hash = await sha256(Uint8Array.of(1), sibling, hash);
      while (position % 2 === 0 && position !== 0) half();
    } else {
      hash = await sha256(Uint8Array.of(1), hash, sibling);
    }
    half();
  }
  return last === 0 ? hash : undefined;
}

/** A key as `name+id+base64(type ‖ key)`: its id must be that of its name and bytes (C2SP signed-note). */
async function readKey(text) {
  const [, name, id, encoded] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})$/.exec(text.trim()) ?? [];
  if (encoded === undefined) throw new TypeError('a key has the form name+id+key');
  const bytes = fromBase64(encoded);
  const own = (await sha256(utf8(`${name}\n`), bytes)).subarray(0, 4);
  if (toHex(own) !== id) throw new TypeError(`the id of the key of ${name} is not that of the key`);
  const key = await crypto.subtle.importKey('raw', bytes.subarray(1), 'Ed25519', false, ['verify']);
  return { name, id: own, type: bytes[0], key };
}

/** Whether one of the lines is this key's signature; of a witness, over its time and the text (C2SP tlog-cosignature). */
async function isSigned(proof, { name, id, type, key }) {
  for (const line of proof.signatures) {
    if (line.name !== name || !same(line.bytes.subarray(0, 4), id)) continue;
    const stated = type === 4 ? new DataView(line.bytes.buffer).getBigUint64(4) : undefined;
    const signature = line.bytes.subarray(type === 4 ? 12 : 4);
    const message = utf8(type === 4 ? `cosignature/v1\ntime ${stated}\n${proof.text}` : proof.text);
    if (signature.length === 64 && (await crypto.subtle.verify('Ed25519', key, signature, message))) return true;
  }
  return false;
}

/** What each step comes to: the name of the step and its verdict. */
export async function check({ record, leaf, proof: text, logKey, witnessKeys }) {
  const proof = readProof(text.endsWith('\n') ? text : `${text}\n`);
  const log = await readKey(logKey);
  const witnesses = await Promise.all(
    witnessKeys
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map(readKey),
  );
  const leads = async (entry) => {
    const root = proof === undefined ? undefined : await walk(entry, proof);
    return root !== undefined && same(root, proof.root);
  };
  const made = await Promise.all(types.map((type) => leafOf(type, record)));
  const isPair = made.some((each) => same(each, leaf));
  const recordLeads = (await Promise.all(made.map(leads))).includes(true);
  const leafLeads = await leads(leaf);
  const isLog = proof !== undefined && log.type === 1 && log.name === proof.origin;
  const signed = isLog && (await isSigned(proof, log));
  const cosigned = [];
  for (const witness of witnesses)
    if (proof?.signatures.some(({ name }) => name === witness.name))
      cosigned.push([`cosignature ${witness.name}`, await isSigned(proof, witness)]);
  const isOther = proof === undefined || (!signed && cosigned.every(([, holds]) => !holds));
  const verdict = (holds, otherwise) => (holds ? 'holds' : otherwise);
  return new Map([
    ['record', verdict(recordLeads || isPair, isOther ? 'skipped' : 'broken')],
    ['leaf', verdict(leafLeads || isPair, isOther ? 'skipped' : 'broken')],
    ['path', verdict(recordLeads || leafLeads, isOther && isPair ? 'skipped' : 'broken')],
    ['checkpoint', verdict(signed, 'broken')],
    ...cosigned.map(([name, holds]) => [name, isOther ? 'skipped' : verdict(holds, 'broken')]),
  ]);
}
