import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDesks, type TestDesk, type TestDesks } from '../../support/desk.ts';
import { unescape, type DeskClient } from '../../support/desk-client.ts';
import { addPatient, plainPatient } from './sample-patient.ts';

let desks: TestDesks;
let desk: TestDesk;
let doctor: DeskClient;
let nurse: DeskClient;
beforeAll(async () => {
  desks = await openDesks({ names: ['alder'] });
  desk = desks.at('alder');
  doctor = await desk.client('doctor');
  nurse = await desk.client('nurse');
});
afterAll(async () => {
  await desks[Symbol.asyncDispose]();
});

const rahma = {
  csv_id: 'A-000041',
  family_name: 'Haddad',
  given_names: 'Rahma',
  name_native: 'رحمة حداد',
  sex: 'female',
  birth_date: '1979-03-14',
  allergies: 'Penicillin\nlatex; nuts',
  conditions: 'Asthma',
  police_case: 'yes',
  police_case_no: 'MLC-A-2026-0031',
};

async function registered(fields: Readonly<Record<string, string>>): Promise<string> {
  const answer = await nurse.submit('/patients/new', '/patients/new', fields);
  expect(answer.status).toBe(303);
  return answer.location ?? '';
}

describe('registering a patient', () => {
  test('leads to the chart, which shows who it is and what matters first', async () => {
    const form = await nurse.open('/patients/new');
    expect(form.text).toContain('value="000001"');
    const chart = await nurse.open(await registered(rahma));
    expect(chart.status).toBe(200);
    for (const text of ['HADDAD, Rahma', 'رحمة حداد', '14-Mar-1979 (', 'A-000041', 'Penicillin; latex; nuts'])
      expect(chart.text).toContain(text);
    expect(chart.text).toContain('Police case');
    const next = await nurse.open('/patients/new');
    expect(next.text).toContain('value="A-000042"');
  });

  test('keeps what was typed, names each field that is wrong, and saves nothing', async () => {
    const count = await desk.node.patients.count();
    const answer = await nurse.submit('/patients/new', '/patients/new', {
      csv_id: 'B-1',
      family_name: '',
      birth_date: '03/04/1979',
      notes: 'typed already',
    });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('href="#f-family_name"');
    expect(answer.text).toContain('href="#f-birth_date"');
    expect(answer.text).toContain('typed already');
    expect(await desk.node.patients.count()).toBe(count);
  });

  test.each([
    ['Germany', 'German', 'DE', 'de'],
    ['lb', 'pt-BR', 'LB', 'pt-BR'],
    ['united kingdom', ' hebrew ', 'GB', 'he'],
  ])('takes %s and %s for what they name', async (country, language, code, tag) => {
    const id = `COUNTRY-${code}`;
    const path = await registered({ csv_id: id, family_name: `Name of ${code}`, country, language });
    const { details } = (await desk.node.patients.findByCsvId(id)) ?? expect.unreachable();
    expect([details.country, details.language]).toEqual([code, tag]);
    expect((await nurse.open(path)).text).not.toContain(`<bdi>${code}</bdi>`);
  });

  test('refuses a code that somebody typed and that is none; one that came with a file stays', async () => {
    const typed = { csv_id: 'NARNIA', family_name: 'Nowhere', country: 'Narnia', language: 'Old Narnian' };
    const refused = await nurse.submit('/patients/new', '/patients/new', typed);
    expect(refused.status).toBe(422);
    expect(refused.text).toContain('Country is not a country code of two capital letters');
    expect(refused.text).toContain('Language is not a language tag');
    const path = `${await registered({ csv_id: 'NARNIA', family_name: 'Nowhere' })}/edit`;
    const { id, version, details } = (await desk.node.patients.findByCsvId('NARNIA')) ?? expect.unreachable();
    await desk.node.patients.change(id, version, { ...details, country: 'Narnia' });
    expect((await nurse.submit(path, path, { ...typed, language: '', city: 'Cair', country: 'Narnia' })).status).toBe(
      303,
    );
  });

  test('shows who looks alike before it saves, and goes on when the person says so', async () => {
    const twin = { ...rahma, csv_id: 'A-000099' };
    const warned = await nurse.submit('/patients/new', '/patients/new', twin);
    expect(warned.status).toBe(409);
    expect(warned.text).toContain('Somebody like this is registered already');
    expect(warned.text).toMatch(/href="\/patients\/[0-9a-f-]{36}"/);
    const seen = /name="seen" value="([^"]+)"/.exec(warned.text)?.[1] ?? '';
    const once = /name="once" value="([^"]+)"/.exec(warned.text)?.[1] ?? '';
    const added = await nurse.post('/patients/new', { ...twin, seen, once });
    expect(added.status).toBe(303);
  });

  test('sent twice makes one patient', async () => {
    const once = /name="once" value="([^"]+)"/.exec((await nurse.open('/patients/new')).text)?.[1] ?? '';
    const fields = { csv_id: 'T-1', family_name: 'Twice', once };
    const [first, second] = await Promise.all([1, 2].map(() => nurse.post('/patients/new', fields)));
    expect(first?.status).toBe(303);
    expect(second?.location).toBe(first?.location);
    const again = await nurse.post('/patients/new', fields);
    expect(again.location).toBe(first?.location);
  });

  test('under an id that somebody has is refused at that field', async () => {
    const answer = await nurse.submit('/patients/new', '/patients/new', { csv_id: 'T-1', family_name: 'Other' });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('href="#f-csv_id"');
  });
});

describe('the list of patients', () => {
  test.each([
    ['the beginning of a name', 'had rah'],
    ['a name in its own script', 'حداد'],
    ['the police case number', 'mlc-a-2026-0031'],
    ['the birth date', '1979-03-14'],
    ['the birth date as pages show it', '14-Mar-1979'],
    ['the CSV id', 'A-000041'],
  ])('finds by %s', async (_, query) => {
    const list = await doctor.open(`/patients?q=${encodeURIComponent(query)}`);
    expect(list.text).toContain('HADDAD, Rahma');
    expect(list.text).not.toContain('TWICE');
  });

  test('says why one or two letters find little, and how to go on', async () => {
    const list = await doctor.open('/patients?q=ha');
    expect(list.text).toContain('shorter than three letters');
    expect(list.text).toContain('Nobody was found');
    const many = await doctor.open(`/patients?q=${encodeURIComponent('aaa bbb ccc ddd eee fff ggg')}`);
    expect(many.status).toBe(200);
    expect(many.text).toContain('at most 6 words');
  });

  test.each(['older=x', 'newer=1.2', 'older=NaN', 'q=aaa&newer=-1', 'order=<script>', 'q=%00'])(
    'takes a damaged link: %s',
    async (q) => {
      expect((await doctor.open(`/patients?${q}`)).status).toBe(200);
    },
  );
});

test('the list goes from page to page and back by its links, in every order and in a search', async () => {
  for (let i = 0; i < 55; i += 1) await addPatient(desk, plainPatient(`N-${i}`, 'Numerous'));
  const count = await desk.node.patients.count();
  for (const [start, total] of [
    ['/patients?order=created', count],
    ['/patients?order=changed', count],
    ['/patients?q=numerous', 55],
  ] as const) {
    const first = await doctor.open(start);
    expect(first.text).not.toContain('rel="prev"');
    const second = await doctor.open(linkOf(first.text, 'next'));
    const ids = [...idsOf(first.text), ...idsOf(second.text)];
    expect([ids.length, new Set(ids).size]).toEqual([total, total]);
    const back = await doctor.open(linkOf(second.text, 'prev'));
    expect(idsOf(back.text)).toEqual(idsOf(first.text));
  }
});

function idsOf(html: string): readonly string[] {
  return [...html.matchAll(/data-key="([0-9a-f-]{36})"/g)].map(([, id = '']) => id);
}

function linkOf(html: string, rel: 'next' | 'prev'): string {
  return unescape(new RegExp(`rel="${rel}" href="([^"]+)"`).exec(html)?.[1] ?? '');
}

describe('two people who edit one record', () => {
  test('lose nothing: cells that one changed are joined, cells that both changed are chosen', async () => {
    const chart = await registered({ csv_id: 'E-1', family_name: 'Edit', city: 'Beirut', phone: '+961 1 111111' });
    const edit = `${chart}/edit`;
    const whole = { csv_id: 'E-1', family_name: 'Edit' };
    const mine = hidden((await doctor.open(edit)).text);
    expect((await nurse.submit(edit, edit, { ...whole, city: 'Tyre', phone: '+961 2 222222' })).status).toBe(303);

    const answer = await doctor.post(edit, {
      ...mine,
      ...whole,
      city: 'Sidon',
      phone: '+961 1 111111',
      email: 'e@example.org',
    });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('Nothing of yours is lost');
    expect(answer.text).toContain('Nia Nurse');
    for (const city of ['Sidon', 'Tyre', 'Beirut']) expect(answer.text).toContain(city);
    expect(answer.text).toContain('name="phone" value="+961 2 222222"');
    const chosen = await doctor.post(edit, { ...allHidden(answer.text), city: 'Sidon' });
    expect(chosen.status).toBe(303);
    const id = chart.split('/').at(-1) ?? '';
    const record = await desk.node.patients.get(id as never);
    expect(record.details).toMatchObject({ city: 'Sidon', phone: '+961 2 222222', email: 'e@example.org' });
    expect(record.by?.name).toBe('Dr Dora Doctor');

    const versions = await doctor.open(`${chart}/versions`);
    for (const text of ['Nia Nurse', 'Dr Dora Doctor', 'Beirut', 'Tyre', 'Sidon'])
      expect(versions.text).toContain(text);
  });

  test('a form of which fields did not arrive takes nothing away', async () => {
    const chart = await registered({
      csv_id: 'M-1',
      family_name: 'Missing',
      allergies: 'Penicillin',
      police_case: 'yes',
    });
    const edit = `${chart}/edit`;
    expect((await nurse.submit(edit, edit, { city: 'Tyre' })).status).toBe(303);
    const record = await desk.node.patients.findByCsvId('M-1');
    const kept = { familyName: 'Missing', allergies: ['Penicillin'], policeCase: true, city: 'Tyre' };
    expect(record?.details).toMatchObject(kept);
    expect((await nurse.submit(edit, edit, { police_case_no: '' })).status).toBe(303);
    expect((await desk.node.patients.findByCsvId('M-1'))?.details.policeCase).toBe(false);
  });

  test('a form that changes nothing writes no version, also of cells that a browser cannot keep as they are', async () => {
    const { consultations: _, patients } = desk.node;
    const added = await patients.add({
      csvId: 'K-1',
      familyName: ' Spaced ',
      addressLine: 'line one\nline two',
      notes: 'a\r\nb',
      allergies: [],
      conditions: [],
      medications: [],
      immunizations: [],
      familyHistory: [],
      procedures: [],
      policeCase: false,
    });
    if (added.state !== 'added') throw new TypeError('expected an added patient');
    const edit = `/patients/${added.record.id}/edit`;
    const fields = { csv_id: 'K-1', family_name: 'Spaced', address_line: 'line oneline two', notes: 'a\r\nb' };
    expect((await doctor.submit(edit, edit, fields)).status).toBe(303);
    expect((await patients.get(added.record.id)).version).toBe(1);
  });
});

function hidden(html: string): Record<string, string> {
  const once = /name="once" value="([^"]+)"/.exec(html)?.[1] ?? '';
  const version = /name="version" value="([^"]+)"/.exec(html)?.[1] ?? '';
  return { once, version };
}

function allHidden(html: string): Record<string, string> {
  return Object.fromEntries(
    [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}
