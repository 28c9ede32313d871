import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium, keepPicture, launchBrowser, openPerson, signInAt } from '../../support/browser.ts';
import { eventually, openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { syntheticPatient } from '../../support/paired-hospitals.ts';

let desks: TestDesks;
let alder: TestDesk;

/** Birch has stopped; a referral to it waits at Alder. */
beforeAll(async () => {
  desks = await openDesks({ names: ['alder', 'birch'] });
  alder = desks.at('alder');
  const birch = desks.at('birch').node;
  const to = birch.own.name;
  await birch[Symbol.asyncDispose]();
  const added = await alder.node.patients.add(syntheticPatient('alder', 1));
  if (added.state !== 'added') throw new Error('the patient is there already');
  const author = { id: alder.users.doctor.id, name: 'Dr Dora Doctor' };
  const sending = { to, patient: added.record.id, reason: 'Chest pain', question: 'See', author } as const;
  await alder.node.referrals.send({ ...sending, priority: 'urgent' });
});

afterAll(() => desks[Symbol.asyncDispose]());

test('while a peer is down the outbox says what stands in the way, the next try, the deadline and what to do', async () => {
  const client = await alder.client('doctor');
  await eventually(async () => (await client.get('/outbox')).text.includes('is not there yet'));
  const { text } = await client.get('/outbox?group=troubled');
  expect(text).toContain('CANARYALDER1, Synthia');
  expect(text).toMatch(/The referral is not there yet\. .+ Tries: \d+\./);
  expect(text).toMatch(/Next try (now|in )/);
  expect(text).toMatch(/due in 23 h/);
  expect(text).toContain('telephone <bdi>Birch Hospital</bdi>');
  expect(text).not.toMatch(/receipt |Delivered/);
});

test('whom to call stands there with the number that an administrator wrote down', async () => {
  const [doctor, administrator] = [await alder.client('doctor'), await alder.client('administrator')];
  const sent = (await alder.node.referrals.list('sent', { limit: 1 }))[0]?.id ?? '';
  const pages = ['/outbox?group=troubled', `/sent/${sent}`];
  for (const path of pages) expect((await doctor.get(path)).text).toContain('no number is written down');

  const peer = '/peers/at/birch.example';
  const refused = await administrator.submit(peer, `${peer}/telephone`, { telephone: 'call <b>us</b>' });
  expect([refused.status, refused.text.includes('must be a telephone number')]).toEqual([422, true]);
  expect(refused.text).toContain('value="call &lt;b&gt;us&lt;/b&gt;"');

  await administrator.submitAndOpen(peer, `${peer}/telephone`, { telephone: ' +49 30 555 0199 ' });
  for (const path of pages) expect((await doctor.get(path)).text).toContain('+49 30 555 0199</strong>');
  const { text: changes } = await administrator.get('/admin/changes');
  expect(changes).toContain('+49 30 555 0199');
  expect(changes).toContain('peer birch.example');

  await administrator.submitAndOpen(peer, `${peer}/telephone`, { telephone: '' });
  for (const path of pages) expect((await doctor.get(path)).text).toContain('no number is written down');
  expect((await doctor.post(`${peer}/telephone`, { telephone: '1' })).status).toBe(403);
  expect((await administrator.post('/peers/at/nobody.example/telephone', { telephone: '123' })).status).toBe(404);
});

test('the counts of the outbox sum, and a choice stays in its links', async () => {
  const { text } = await (await alder.client('coordinator')).get('/outbox?peer=birch.example');
  const counts = [...text.matchAll(/tile-count">(\d+)</g)].map(([, count]) => Number(count));
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
  expect(text).toContain('/outbox?group=failed&amp;peer=birch.example');
  expect((await (await alder.client('coordinator')).get('/outbox?peer=nobody.example')).text).toContain(
    'Nothing was sent yet',
  );
});

describe.skipIf(findChromium() === undefined)('in a browser', () => {
  test('a parcel that waits can be read on a phone', async () => {
    const browser = await launchBrowser();
    try {
      const variant = { name: 'phone', width: 390, height: 844 };
      await using person = await openPerson(browser, alder.origin, { variant });
      await signInAt(person, alder.users.doctor);
      await person.open('/outbox');
      await person.page.getByText('is not there yet').waitFor();
      await keepPicture(person, 'outbox-troubled-phone');
      expect(await person.page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    } finally {
      await browser.close();
    }
  });
});
