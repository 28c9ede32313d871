// Checks an entry of the log in this browser: it fetches the raw bytes and believes nothing that the server computed.

import { check, fromHex, toHex } from './proof-check.js';

const words = {
  holds: '✓ holds',
  broken: '✕ does not hold',
  skipped: '– not judged: the text is not the one that was signed',
};

function tell(tone, title, words) {
  const notice = document.createElement('div');
  notice.className = `notice ${tone}`;
  const head = document.createElement('p');
  head.className = 'notice-title';
  head.textContent = title;
  const body = document.createElement('p');
  body.textContent = words;
  notice.append(head, body);
  document.getElementById('checked-by')?.replaceChildren(notice);
}

/** A step that the list does not have yet, as for a witness whose key was put in. */
function itemOf(list, name) {
  const known = [...list.children].find((item) => item.dataset.check === name);
  if (known !== undefined) return known;
  const item = document.createElement('li');
  item.dataset.check = name;
  const title = document.createElement('strong');
  title.textContent = `${name.replace(/^cosignature /, '')} cosigned it `;
  const verdict = document.createElement('span');
  verdict.className = 'verdict';
  item.append(title, verdict);
  list.append(item);
  return item;
}

function show(verdicts) {
  const list = document.getElementById('checks');
  for (const item of list.querySelectorAll('li')) if (!verdicts.has(item.dataset.check)) item.remove();
  for (const [name, verdict] of verdicts) {
    const item = itemOf(list, name);
    item.className = verdict;
    item.querySelector('.verdict').textContent = words[verdict];
  }
  const isSound = [...verdicts.values()].every((verdict) => verdict === 'holds');
  if (isSound)
    tell(
      'green',
      '✓ Checked in this browser: everything holds',
      'It fetched the bytes and recomputed each step by itself. The keys are the ones below: hold them against those on paper.',
    );
  else
    tell(
      'red',
      '✕ Checked in this browser: it does not hold',
      'The steps below say which piece is not what was logged or signed.',
    );
}

const checker = document.getElementById('checker');
const form = document.getElementById('again-form');

async function fetchBytes(path) {
  const answer = await fetch(path, { headers: { 'x-fernpost': 'proof' } });
  if (!answer.ok) throw new Error(`the node answered ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function checkFetched() {
  const { record, leaf, proof } = checker.dataset;
  const [recordBytes, leafBytes, proofBytes] = await Promise.all([record, leaf, proof].map(fetchBytes));
  form.elements.record.value = toHex(recordBytes);
  form.elements.leaf.value = toHex(leafBytes);
  form.elements.proof.value = new TextDecoder().decode(proofBytes);
  await checkForm();
}

async function checkForm() {
  const { record, leaf, proof, logKey, witnessKeys } = form.elements;
  show(
    await check({
      record: fromHex(record.value),
      leaf: fromHex(leaf.value),
      proof: proof.value,
      logKey: logKey.value,
      witnessKeys: witnessKeys.value,
    }),
  );
}

async function run(work) {
  try {
    if (crypto.subtle === undefined) throw new Error('a browser has its cryptography only under https or localhost');
    await work();
  } catch (error) {
    tell(
      'amber',
      'This browser could not check it',
      `${error.message}. What the server said stands above no more: verify offline with “fernpost log verify”.`,
    );
    document.getElementById('checks')?.replaceChildren();
  }
}

if (checker !== null && form !== null) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void run(checkForm).then(() => document.getElementById('proof')?.scrollIntoView({ block: 'start' }));
  });
  void run(checker.dataset.again === 'yes' ? checkForm : checkFetched);
}
